-- Asks for the calls FIRST to FIRST + COUNT - 1 in turn, then again from the start; prints one line of JSON at the end.
function init(args)
  local first, count = tonumber(args[1]), tonumber(args[2])
  local tail = " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\n\r\n"
  local offset = -1
  function request()
    offset = (offset + 1) % count
    return "GET /calls/" .. string.format("%.0f", first + offset) .. tail
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\n{"requests":%d,"seconds":%.6f,"medianMicros":%d,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50),
    e.connect + e.read + e.write + e.status + e.timeout))
end
