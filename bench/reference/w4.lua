-- Workload 4 for Lua: evaluates the condition over the payloads of a table file and prints how often it held.
-- usage: lua5.4 w4.lua TABLE.lua EVALUATIONS
local probes = dofile(arg[1])
local evaluations = tonumber(arg[2])

local function condition(p)
  return (p.a + p.b * 2 - p.c / 4 > p.d or p.a * p.a + p.b * p.b < p.c * p.c)
    and not (p.s == "idle" or p.s == "off")
    and p.a % 7 ~= 3
    and p.t:sub(1, 3) == "dev"
    and (p.b - p.c) * (p.b + p.c) >= -100 * p.d
end

local held = 0
local count = #probes
for i = 0, evaluations - 1 do
  if condition(probes[i % count + 1]) then held = held + 1 end
end
print("held\t" .. held)
