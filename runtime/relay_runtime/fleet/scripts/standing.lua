-- ledgers…
local standing = {}
for _, id in ipairs(ARGV) do
    standing[#standing + 1] = redis.call('HGET', ledger_key(id), 'token') or '0'
    standing[#standing + 1] = redis.call('STRLEN', text_key(id))
end
return standing
