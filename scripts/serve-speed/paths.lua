-- Requests for wrk: random paths over both endpoints, as JMeter's plan asks for them. With the
-- argument "constant" the same random numbers are drawn and the constant route is asked for, so
-- that what the client has to do is the same.
local constant = false

function init(args)
  constant = args[1] == "constant"
  math.randomseed(os.time())
end

function request()
  local path
  if math.random(2) == 1 then
    path = "/fibo/" .. math.random(10, 1000)
  else
    path = "/isprime/" .. math.random(1000, 10000000)
  end
  if constant then
    path = "/healthz"
  end
  return wrk.format("GET", path)
end
