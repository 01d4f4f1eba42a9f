-- Decides about a request by all its rules at once: all count it, or none.
-- KEYS: a key for each rule. ARGV: memory of demand in us, then for each rule its cost, tolerance and
-- most debt in us, demand, and 1 if it may deny.
local time = redis.call('TIME')
local now = (time[1] - 1700000000) * 1000000 + time[2]
local memory = tonumber(ARGV[1])
local kept, pass = {}, 1
for i = 1, #KEYS do
  local a = 5 * i - 3
  local tat, demand, at, known = 0, 0, now, 0
  local value = redis.call('GET', KEYS[i])
  if value and #value == 24 then
    tat, demand, at = struct.unpack('<ddd', value)
    demand = demand * math.exp(math.min(at - now, 0) / memory)
    known = 1
  end
  tat = math.max(math.min(tat, now + ARGV[a + 2]), now)
  -- Fractions of a microsecond add up to less than a nanosecond.
  local fits = tat + ARGV[a] <= now + ARGV[a + 1] + 0.001
  if not fits and ARGV[a + 4] == '1' then
    pass = 0
  end
  kept[i] = { tat, demand + ARGV[a + 3], known, fits }
end
local out = { pass }
for i = 1, #KEYS do
  local a = 5 * i - 3
  local tat, demand, known, fits = unpack(kept[i])
  if pass == 1 and fits then
    tat = tat + ARGV[a]
  end
  local life = math.ceil((tat - now + 5 * memory) / 1000)
  redis.call('SET', KEYS[i], struct.pack('<ddd', tat, demand, now), 'PX', life)
  out[#out + 1] = math.floor((tat - now) * 1000)
  out[#out + 1] = math.floor(demand * 1000)
  out[#out + 1] = known
  out[#out + 1] = fits and 1 or 0
end
return out
