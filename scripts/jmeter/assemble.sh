#!/usr/bin/env bash
# Assembles Apache JMeter 5.6.3 from its Maven artifacts outside the repository, and prints its path.
# Needs Java and Maven; takes a minute the first time.
set -euo pipefail

version=5.6.3
home=${PERFKIT_JMETER_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/perfkit/jmeter-$version}
here=$(cd "$(dirname "$0")" && pwd)

if [[ ! -x $home/bin/jmeter ]]; then
  rm -rf "$home.new"
  mkdir -p "$home.new/bin" "$home.new/lib/ext" "$home.new/lib/junit"
  # The plugin's full name, because Maven may bind the short one to an older version.
  mvn -q -B -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DoutputDirectory="$home.new/lib" -DincludeScope=runtime >&2
  mv "$home.new/lib/ApacheJMeter-$version.jar" "$home.new/bin/ApacheJMeter.jar"
  (cd "$home.new" && jar xf "lib/ApacheJMeter_config-$version.jar" bin)
  rm "$home.new/lib/ApacheJMeter_config-$version.jar"
  # JMeter looks for test elements only in lib/ext.
  mv "$home.new"/lib/ApacheJMeter_*.jar "$home.new/lib/ext/"
  cat >"$home.new/bin/jmeter" <<'LAUNCHER'
#!/usr/bin/env bash
# HEAP and STACK as java takes them: 20,000 threads want small stacks.
exec java ${HEAP:--Xms512m -Xmx2g} ${STACK:--Xss512k} -Djava.awt.headless=true \
  -jar "$(cd "$(dirname "$0")" && pwd)/ApacheJMeter.jar" "$@"
LAUNCHER
  chmod +x "$home.new/bin/jmeter"
  mkdir -p "$(dirname "$home")"
  mv "$home.new" "$home"
fi
echo "$home"
