-- ledger, its owner, the beat at which that was seen or an empty string if it is dead, who claims
local id, owner, beat, member = unpack(ARGV)
local found = redis.call('HMGET', ledger_key(id), 'token', 'member', 'former')
if not found[1] then return {'LOST'} end
if found[2] == member and found[3] == owner then -- it was claimed before, and the reply was lost
    return {'OK', found[1], redis.call('GET', text_key(id)) or ''}
end
if found[2] ~= owner and found[2] ~= '' then return {'GONE'} end
if beat ~= '' and beat_of(owner) ~= tonumber(beat) then return {'HELD'} end
local token = number(next_token())
redis.call('HSET', ledger_key(id), 'token', token, 'member', member, 'former', owner)
keep(id)
return {'OK', token, redis.call('GET', text_key(id)) or ''}
