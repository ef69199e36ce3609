-- ledger, token
local id, token = ARGV[1], tonumber(ARGV[2])
local there = token_of(id)
if there > token then return {'FENCED'} end
if there ~= 0 then redis.call('HSET', ledger_key(id), 'member', '') end
return {'OK'}
