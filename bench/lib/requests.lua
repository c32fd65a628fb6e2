-- For wrk: sends the requests of a file one after the other, round and round, as they are. Each
-- stands behind its length and a line feed. Prints the summary as one line of JSON.

local threads = 0

function setup(thread)
    -- Threads begin at different places.
    thread:set("turn", threads * 7919)
    threads = threads + 1
end

function init(args)
    requests = {}
    local file = assert(io.open(args[1], "rb"))
    local size = file:read("*n")
    while size do
        file:read(1)
        requests[#requests + 1] = file:read(size)
        size = file:read("*n")
    end
    file:close()
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"bytes":%d,"seconds":%.6f,"failed":%d,"refused":%d,"p50_us":%d,"p99_us":%d,"max_us":%d}\n',
        summary.requests, summary.bytes, summary.duration / 1e6,
        errors.connect + errors.read + errors.write + errors.timeout, errors.status,
        latency:percentile(50), latency:percentile(99), latency.max
    ))
end
