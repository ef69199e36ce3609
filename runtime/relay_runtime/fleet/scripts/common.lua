-- Before each script. All keys begin with KEYS[1], whose braces put them into one slot of a cluster.
local root = KEYS[1]
local function of(name) return root .. name end
local function ledger_key(id) return root .. 'ledger:' .. id end
local function text_key(id) return root .. 'text:' .. id end
local function served_key(id) return root .. 'served:' .. id end

-- Tokens only grow: from where the clock stands when an engine has none, so that one that was emptied gives no old ones.
local function number(token) return string.format('%.0f', token) end

local function begin_tokens()
    if redis.call('EXISTS', of('token')) == 0 then
        local now = redis.call('TIME')
        redis.call('SET', of('token'), number(now[1] * 1000000 + now[2]))
    end
end

local function next_token()
    begin_tokens()
    return redis.call('INCR', of('token'))
end

-- A token of before the engine was emptied is higher than all of now, if the clock was set back meanwhile.
local function not_below(token)
    begin_tokens()
    if token > tonumber(redis.call('GET', of('token'))) then redis.call('SET', of('token'), number(token)) end
end

-- What is no number was written by nobody of ours: it counts as a beat that stands still, and as no token.
local function beat_of(member) return tonumber(redis.call('HGET', of('beats'), member) or '-1') or 0 end

local function token_of(id) return tonumber(redis.call('HGET', ledger_key(id), 'token') or '0') or 0 end

-- What lines of a ledger say of calls: which are served, and which are over.
local function index(id, lines)
    for word, call in string.gmatch(lines, '%["(%l+)","([^"\\]*)"') do
        if word == 'serve' then
            redis.call('SADD', served_key(id), call)
            redis.call('HSET', of('calls'), call, id)
        elseif word == 'over' then
            redis.call('SREM', served_key(id), call)
            if redis.call('HGET', of('calls'), call) == id then redis.call('HDEL', of('calls'), call) end
        end
    end
end

local function forget_calls(id)
    for _, call in ipairs(redis.call('SMEMBERS', served_key(id))) do
        if redis.call('HGET', of('calls'), call) == id then redis.call('HDEL', of('calls'), call) end
    end
    redis.call('DEL', served_key(id))
end

local DAY = 86400

-- Its token stays, and that it is nobody's to claim: a former owner who comes late shall not take it for unknown.
local function forget_ledger(id)
    forget_calls(id)
    local key = redis.call('HGET', ledger_key(id), 'key')
    if key then redis.call('SREM', of('ledgers:' .. key), id) end
    redis.call('DEL', text_key(id))
    redis.call('HSET', ledger_key(id), 'member', '-')
    redis.call('EXPIRE', ledger_key(id), DAY)
end

local function keep(id)
    redis.call('EXPIRE', ledger_key(id), DAY)
    redis.call('EXPIRE', text_key(id), DAY)
    redis.call('EXPIRE', served_key(id), DAY)
end
