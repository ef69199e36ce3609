-- ledger, token or 0, member, key, text
local id, token, member, key, text = unpack(ARGV)
token = tonumber(token)
local there = token_of(id)
if token == 0 and there ~= 0 and redis.call('HGET', ledger_key(id), 'member') == member then token = there end -- it was put before, and the reply was lost
if there > token then return {'FENCED'} end
if token == 0 then token = next_token() else not_below(token) end
redis.call('HSET', ledger_key(id), 'token', number(token), 'member', member, 'key', key)
redis.call('SADD', of('ledgers:' .. key), id)
redis.call('SET', text_key(id), text)
forget_calls(id)
index(id, text)
keep(id)
return {'OK', number(token)}
