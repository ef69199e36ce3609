-- ledger, token or 0, member, key, text
local id, token, member, key, text = unpack(ARGV)
token = tonumber(token)
local found = redis.call('HMGET', ledger_key(id), 'token', 'member')
local there = tonumber(found[1] or '0')
if token == 0 and there ~= 0 and found[2] == member then token = there end -- it was put before, and the reply was lost
if there > token then return {'FENCED'} end
if token == 0 then token = next_token() else not_below(token) end
redis.call('HSET', ledger_key(id), 'token', number(token), 'member', member, 'key', key)
redis.call('SADD', of('ledgers:' .. key), id)
redis.call('SET', text_key(id), text)
forget_calls(id)
index(id, text)
keep(id)
return {'OK', number(token)}
