-- member, the beat at which it was seen or an empty string
local member, beat = unpack(ARGV)
if beat ~= '' and beat_of(member) ~= tonumber(beat) then return {'HELD'} end
for _, name in ipairs({'members', 'machines', 'lines', 'beats'}) do redis.call('HDEL', of(name), member) end
redis.call('DEL', of('mail:' .. member))
return {'OK'}
