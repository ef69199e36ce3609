-- ledgers…
local standing = {}
for _, id in ipairs(ARGV) do
    standing[#standing + 1] = number(token_of(id))
    standing[#standing + 1] = redis.call('STRLEN', text_key(id))
end
return standing
