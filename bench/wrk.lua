-- Prints what wrk measured as one line of JSON; the text report rounds and changes its units.
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'bench {"requests":%.0f,"microseconds":%.0f,"p50":%.0f,"p99":%.0f,"non_2xx":%.0f,"socket_errors":%.0f}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
