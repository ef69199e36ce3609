-- ledger, token
local id, token = ARGV[1], tonumber(ARGV[2])
local there = tonumber(redis.call('HGET', ledger_key(id), 'token') or '0')
if there > token then return {'FENCED'} end
if there ~= 0 then redis.call('HSET', ledger_key(id), 'member', '') end
return {'OK'}
