#!/usr/bin/env bash
# What docs/comparison.md measures of tlsfuzzer: its scripts about client certificates against the proxy of the certificate cases.
#
#     bash docs/comparison.sh ENVOY TLSFUZZER [PYTHON]
#
# ENVOY is the program, TLSFUZZER a checkout, PYTHON an interpreter that has tlslite-ng (0.9.0b2 or newer). Prints a line per script.
set -euo pipefail

envoy=$(realpath "$1")
tlsfuzzer=$(realpath "$2")
python=${3:-python3}
template=$(dirname "$(realpath "$0")")/../fixtures/envoy/proxy-listener.json
port=14434
work=$(mktemp -d)
server=""
trap '[[ -z $server ]] || kill "$server"; rm -rf "$work"' EXIT

# NAME SERVICE-ACCOUNT, then the kind of key: a leaf under the root, with a SPIFFE ID.
leaf() {
    local name=$1 account=$2
    shift 2
    openssl req -new "$@" -nodes -keyout "$work/$name.key" -out "$work/$name.csr" -subj "/CN=$name"
    openssl x509 -req -in "$work/$name.csr" -CA "$work/ca.crt" -CAkey "$work/root.key" -CAcreateserial -days 1 \
        -out "$work/$name.crt" -extfile <(printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
            extendedKeyUsage=serverAuth,clientAuth "subjectAltName=URI:spiffe://example.test/ns/n/sa/$account")
}

certificates() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/root.key" -out "$work/ca.crt" -subj /CN=Root -days 1
    # The TLS 1.2 scripts ask for RSA suites.
    leaf tls server -newkey rsa:2048
    leaf rsa client -newkey rsa:2048
    leaf ec client -newkey ec -pkeyopt ec_paramgen_curve:P-256
}

# The listener of fixtures/envoy, with an answer of its own behind it: whoever gets in is answered 200.
configuration() {
    local api=type.googleapis.com/envoy.extensions.filters
    local address="{\"socket_address\":{\"address\":\"127.0.0.1\",\"port_value\":$port}}"
    local answer='{"virtual_hosts":[{"name":"all","domains":["*"],"routes":[{"match":{"prefix":"/"},"direct_response":{"status":200}}]}]}'
    local router="[{\"name\":\"envoy.filters.http.router\",\"typed_config\":{\"@type\":\"$api.http.router.v3.Router\"}}]"
    local filter="{\"name\":\"http\",\"typed_config\":{\"@type\":\"$api.network.http_connection_manager.v3.HttpConnectionManager\",\"stat_prefix\":\"c\",\"route_config\":$answer,\"http_filters\":$router}}"
    printf '{"static_resources":{"listeners":[%s]}}\n' "$(sed \
        -e "s|\"\${address}\"|$address|" -e "s|\"\${filters}\"|[$filter]|" -e "s|\${name}|comparison|" \
        -e "s|\${certificates}|$work|" -e "s|\${trust-domain}|example.test|" "$template")"
}

# SCRIPT CLIENT, then arguments of the script.
script() {
    local name=$1 client=$2 begin end
    shift 2
    begin=$(date +%s%N)
    PYTHONPATH=$tlsfuzzer "$python" "$tlsfuzzer/scripts/test-$name.py" -h 127.0.0.1 -p "$port" -k "$work/$client.key" -c "$work/$client.crt" \
        "$@" >"$work/log" 2>&1 || true
    end=$(date +%s%N)
    printf '%-36s %4d.%d s  %s\n' "$name" $(((end - begin) / 1000000000)) $(((end - begin) / 100000000 % 10)) \
        "$(grep -E '^(TOTAL|PASS|FAIL):' "$work/log" | paste -sd' ')"
    sed -n '/^FAILED:/,$p' "$work/log" | grep -P "^\t" | sort -u || true
}

certificates 2>/dev/null
configuration >"$work/envoy.json"
"$envoy" -c "$work/envoy.json" --use-dynamic-base-id --concurrency 1 --log-level error &
server=$!
for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    sleep 0.1
done

suite="-d -C TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
SECONDS=0
# shellcheck disable=SC2086
{
    script certificate-malformed rsa $suite
    script certificate-verify rsa $suite
    script certificate-verify-malformed rsa $suite
}
script tls13-certificate-verify rsa
script tls13-ecdsa-in-certificate-verify ec
printf 'all in %d s\n' "$SECONDS"
