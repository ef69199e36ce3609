-- box, the mail's id, body, whether the box must be a member's, seconds for which it is kept, how many may wait
local box, mail, body, of_member, seconds, most = unpack(ARGV)
if of_member == '1' and redis.call('HEXISTS', of('members'), box) == 0 then return {'GONE'} end
if not redis.call('SET', of('mailed:' .. mail), '1', 'NX', 'EX', seconds) then return {'OK'} end -- the reply was lost
if redis.call('RPUSH', of('mail:' .. box), body) > tonumber(most) then
    redis.call('RPOP', of('mail:' .. box))
    redis.call('DEL', of('mailed:' .. mail))
    return {'FULL'}
end
redis.call('EXPIRE', of('mail:' .. box), seconds)
return {'OK'}
