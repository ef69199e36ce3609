-- ledger, token, bytes before, lines
local id, token, at, lines = unpack(ARGV)
token, at = tonumber(token), tonumber(at)
local there = token_of(id)
if there > token then return {'FENCED'} end
local size = redis.call('STRLEN', text_key(id))
if there < token or size < at then return {'LOST'} end
if size >= at + #lines then return {'OK'} end -- it was appended before, and the reply was lost
if size > at then return {'LOST'} end
redis.call('APPEND', text_key(id), lines)
index(id, lines)
return {'OK'}
