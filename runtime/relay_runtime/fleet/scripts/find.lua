-- how the call's id begins, how many are looked for
local prefix, most = ARGV[1], tonumber(ARGV[2])
local found = {}
local function add(call, id)
    local member = redis.call('HGET', ledger_key(id), 'member')
    if member then
        found[#found + 1] = call
        found[#found + 1] = member
    else
        redis.call('HDEL', of('calls'), call)
    end
end
local whole = redis.call('HGET', of('calls'), prefix)
if whole then
    add(prefix, whole)
    return found
end
for _, call in ipairs(redis.call('HKEYS', of('calls'))) do
    if string.sub(call, 1, #prefix) == prefix then
        add(call, redis.call('HGET', of('calls'), call))
        if #found >= 2 * most then break end
    end
end
return found
