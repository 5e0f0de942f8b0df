"""What happens inside Redis when somebody takes from a bucket: Lua, so that it happens at once.

A bucket is a hash: `tokens` as of `at`, what was ever `spent`, and the `rate` and `burst` the far
side told us, which outrank ours. A shared bucket has two companions: `:turns`, how much each
member was served (virtual time; `*` is that of the last one served), and `:waiting:<lane>`, who
waits until when. While others wait, the least served goes next; who comes back from a pause starts
where the others are, so it neither catches up nor pays for what it did not use.
"""

from typing import Final

# KEYS: closed-until, bucket, … ARGV: now, member, lane, then per bucket: tokens per second, burst,
# share to leave for urgent work, whether it is shared, cost. Returns the seconds to wait as text
# ("0": everything was taken) and, if so, what was ever spent of each bucket.
TAKE: Final = """
local now, member, lane = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local closed = tonumber(redis.call('GET', KEYS[1]) or '0')
if closed > now then return {tostring(closed - now)} end

local function served(key, who)
  return tonumber(redis.call('HGET', key .. ':turns', who) or '0')
end

local function waiting(key)
  return key .. ':waiting:' .. lane
end

-- Who waits keeps the turn it had when it began to.
local function mine(key)
  if redis.call('ZSCORE', waiting(key), member) then return served(key, member) end
  return math.max(served(key, member), served(key, '*'))
end

local function others_first(key)
  redis.call('ZREMRANGEBYSCORE', waiting(key), '-inf', now)
  local turn = mine(key)
  for _, who in ipairs(redis.call('ZRANGE', waiting(key), 0, -1)) do
    if who ~= member and served(key, who) < turn then return true end
  end
  return false
end

local buckets, wait = {}, 0
for i = 2, #KEYS do
  local from = 4 + (i - 2) * 5
  local held = redis.call('HMGET', KEYS[i], 'tokens', 'at', 'rate', 'burst')
  local bucket = {
    key = KEYS[i],
    rate = tonumber(held[3] or ARGV[from]),
    burst = tonumber(held[4] or ARGV[from + 1]),
    is_shared = ARGV[from + 3] == '1',
    cost = tonumber(ARGV[from + 4]),
  }
  local tokens, at = tonumber(held[1] or bucket.burst), tonumber(held[2] or now)
  -- Clocks of several machines differ by seconds; by more, one was set back, and time goes on here.
  if at > now + 60 then
    at = now
    redis.call('HSET', KEYS[i], 'at', tostring(at))
  end
  if now > at then
    tokens = math.min(bucket.burst, tokens + (now - at) * bucket.rate)
    at = now
  end
  bucket.tokens, bucket.at = tokens, at
  -- A call dearer than the bucket is deep passes when the bucket is full.
  local need = math.min(bucket.cost + bucket.burst * tonumber(ARGV[from + 2]), bucket.burst)
  if tokens < need then
    wait = math.max(wait, (need - tokens) / bucket.rate)
  elseif bucket.is_shared and others_first(bucket.key) then
    wait = math.max(wait, bucket.cost / bucket.rate)
  end
  buckets[#buckets + 1] = bucket
end

if wait > 0 then
  for _, bucket in ipairs(buckets) do
    if bucket.is_shared then
      redis.call('HSET', bucket.key .. ':turns', member, tostring(mine(bucket.key)))
      redis.call('ZADD', waiting(bucket.key), now + wait + 2, member)
      redis.call('EXPIRE', waiting(bucket.key), math.ceil(wait) + 60)
      redis.call('EXPIRE', bucket.key .. ':turns', math.ceil(wait) + 3600)
    end
  end
  return {tostring(wait)}
end

local answer = {'0'}
for _, bucket in ipairs(buckets) do
  local tokens = tostring(bucket.tokens - bucket.cost)
  redis.call('HSET', bucket.key, 'tokens', tokens, 'at', tostring(bucket.at))
  answer[#answer + 1] = redis.call('HINCRBYFLOAT', bucket.key, 'spent', bucket.cost)
  local seconds = math.min(bucket.burst / bucket.rate, 86400) + 3600
  redis.call('EXPIRE', bucket.key, math.ceil(seconds))
  if bucket.is_shared then
    local turn, turns = mine(bucket.key), bucket.key .. ':turns'
    redis.call('ZREM', waiting(bucket.key), member)
    redis.call('HSET', turns, member, tostring(turn + bucket.cost), '*', tostring(turn))
    redis.call('EXPIRE', turns, 3600)
  end
end
return answer
"""

# Closes every bucket of a key; a later end wins over an earlier one.
CLOSE: Final = """
local closed = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > closed then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 1
"""

# KEYS: bucket. ARGV: now, available, tokens per second or "", maximum or "", what was ever spent
# when the reporting call took its tokens or "". Calls made since then are not in the report yet. A
# report that names no maximum tells of another window than ours: it can only lower the bucket.
REPORT: Final = """
local now, available = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('HMGET', KEYS[1], 'tokens', 'spent')
local since = ARGV[5] ~= '' and math.max(0, tonumber(held[2] or '0') - tonumber(ARGV[5])) or 0
local tokens = math.max(0, available - since)
if ARGV[4] == '' then
  if not held[1] or tokens >= tonumber(held[1]) then return 0 end
else
  redis.call('HSET', KEYS[1], 'burst', ARGV[4])
end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'rate', ARGV[3]) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], 90000)
return 1
"""
