-- Adds up what a node admitted of some keys, and tells what each owes and how often it is asked for.
-- KEYS: the node's last batch, the nodes that were heard of, then the keys.
-- ARGV: batch, node, memory of nodes and of demand in us, then age, cost, most debt in us, demand.
local time = redis.call('TIME')
local now = (time[1] - 1700000000) * 1000000 + time[2]
local heard = tonumber(redis.call('GET', KEYS[1]) or 0)
local new = tonumber(ARGV[1]) > heard
if new then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', 600000)
end
redis.call('ZADD', KEYS[2], now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3])
redis.call('PEXPIRE', KEYS[2], 600000)
local memory = tonumber(ARGV[4])
local out = { redis.call('ZCARD', KEYS[2]) }
for i = 3, #KEYS do
  local a = 4 * i - 7
  local age, cost = tonumber(ARGV[a]), tonumber(ARGV[a + 1])
  local most, wanted = tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3])
  local tat, demand, at, known = 0, 0, now, 0
  local kept = redis.call('GET', KEYS[i])
  if kept and #kept == 24 then
    tat, demand, at = struct.unpack('<ddd', kept)
    demand = demand * math.exp(math.min(at - now, 0) / memory)
    known = 1
  end
  tat = math.min(tat, now + most)
  if new then
    tat = math.min(math.max(tat, now - age) + cost, now + most)
    demand = demand + wanted
    local life = math.ceil((math.max(tat - now, 0) + 5 * memory) / 1000)
    redis.call('SET', KEYS[i], struct.pack('<ddd', tat, demand, now), 'PX', life)
  end
  out[#out + 1] = math.floor((tat - now) * 1000)
  out[#out + 1] = math.floor(demand * 1000)
  out[#out + 1] = known
end
return out
