-- member, host, machine, what else is known of it, the number of its connection, the version of the layout
local member, host, machine, told, line, layout = unpack(ARGV)
local found = redis.call('GET', of('layout'))
if found and found ~= layout then return {'LAYOUT', found} end
local all = redis.call('HGETALL', of('machines'))
for at = 1, #all, 2 do
    local readable, other = pcall(cjson.decode, all[at + 1])
    if readable and type(other) == 'table' and all[at] ~= member and other[1] == host and other[2] ~= machine then return {'TAKEN', all[at]} end
end
redis.call('SET', of('layout'), layout)
redis.call('HSET', of('machines'), member, cjson.encode({host, machine}))
redis.call('HSET', of('members'), member, told)
redis.call('HSET', of('lines'), member, line)
redis.call('HSETNX', of('beats'), member, 0)
return {'OK'}
