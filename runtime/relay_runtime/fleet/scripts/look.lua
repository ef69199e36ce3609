-- key
local seen = {}
for _, id in ipairs(redis.call('SMEMBERS', of('ledgers:' .. ARGV[1]))) do
    local owner = redis.pcall('HGET', ledger_key(id), 'member')
    if type(owner) == 'table' then
        -- no ledger of ours: it hides none of the others
    elseif owner then
        seen[#seen + 1] = {id, owner, beat_of(owner), redis.call('HGET', of('lines'), owner) or ''}
    else
        redis.call('SREM', of('ledgers:' .. ARGV[1]), id) -- nobody has renewed it for a day
    end
end
return seen
