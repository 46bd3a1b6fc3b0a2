-- Asks for the calls FIRST to FIRST + COUNT - 1 in turn, then again from the start; prints one line of JSON at the end.
-- With a third argument it looks at each answer, which takes time of its own, and counts those that are hits.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local first, count = tonumber(args[1]), tonumber(args[2])
  local tail = " HTTP/1.1\r\n"
  for name, value in pairs(wrk.headers) do tail = tail .. name .. ": " .. value .. "\r\n" end
  tail = tail .. "\r\n"
  local offset = -1
  function request()
    offset = (offset + 1) % count
    return "GET /calls/" .. string.format("%.0f", first + offset) .. tail
  end
  hits = 0
  if args[3] then
    function response(status, headers)
      local said = headers["Cache-Status"]
      if status == 200 and said and said:find("; hit", 1, true) then hits = hits + 1 end
    end
  end
end

function done(summary, latency)
  local e, hits = summary.errors, 0
  for _, thread in ipairs(threads) do hits = hits + thread:get("hits") end
  io.write(string.format('\n{"requests":%d,"seconds":%.6f,"medianMicros":%d,"p99Micros":%d,"longestMicros":%d,"hits":%d,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max, hits,
    e.connect + e.read + e.write + e.status + e.timeout))
end
