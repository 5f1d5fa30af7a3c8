-- Certificates for tests, of an authority of their own: `local files = certificates.new()`. Each name is the beginning of two
-- files, name.pem and name.key: `right` is for localhost and telegram.internal, `expired` was, `other` is for another name, and
-- `alone` is signed by itself. `authority.pem` is whom to trust.
local process = require "tests.support.process"

local certificates = {}

local MAKE = [[
exec >&2; set -e; cd "$1"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
names=subjectAltName=DNS:localhost,DNS:telegram.internal
openssl req -x509 $key -days 3 -keyout authority.key -out authority.pem -subj "/CN=authority of tests"
sign() {
  openssl x509 -req -in $1.request -CA authority.pem -CAkey authority.key -set_serial $2 -out $1.pem -extfile $1.names $3
}
for name in right expired other; do
  openssl req $key -keyout $name.key -out $name.request -subj /CN=localhost
  echo $names >$name.names
done
echo subjectAltName=DNS:moon.invalid >other.names
sign right 2 "-days 3"
sign other 3 "-days 3"
# Some versions of openssl know the one, some the other.
sign expired 4 "-days -1" || sign expired 4 "-not_before 20200101000000Z -not_after 20200102000000Z"
openssl req -x509 $key -days 3 -keyout alone.key -out alone.pem -subj /CN=localhost -addext $names
]]

-- Returns the directory, with a slash: one for all tests of a program.
function certificates.new()
  if certificates.directory then return certificates.directory end
  local directory = process.new_directory() .. "/"
  process.write_file(directory .. "make", MAKE)
  local log = process.quote(directory .. "log")
  local ok = os.execute(("sh %s %s 2>%s"):format(process.quote(directory .. "make"), process.quote(directory), log))
  assert(ok, process.read_file(directory .. "log"))
  certificates.directory = directory
  return directory
end

return certificates
