-- member, ledgers…
local member = ARGV[1]
if redis.call('HEXISTS', of('members'), member) == 0 then return {'LOST'} end
redis.call('HINCRBY', of('beats'), member, 1)
local standing = {'OK'}
for at = 2, #ARGV do
    local id = ARGV[at]
    keep(id)
    standing[#standing + 1] = number(token_of(id))
    standing[#standing + 1] = redis.call('STRLEN', text_key(id))
end
return standing
