# A certificate authority of this copy and one certificate for localhost, used by the shop and by the
# sandbox; the shop verifies the sandbox with it (net.ca_file). Sourced after state.sh.

tls_make() {
    local d=$STATE/tls
    if [ -s "$d/server.pem" ] && openssl x509 -noout -checkend 864000 -in "$d/server.pem" >/dev/null; then
        return 0
    fi
    step "Making a certificate for localhost"
    (
        umask 077
        cd "$d"
        ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
        openssl req -x509 "${ec[@]}" -keyout ca.key -out ca.pem -days 825 \
            -subj "/O=Tarazu/CN=Tarazu local CA $(short_hash "$STATE")" \
            -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign
        openssl req "${ec[@]}" -keyout server.key -out server.csr -subj /CN=localhost
        cat >ext <<'EXT'
subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
EXT
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 397 \
            -extfile ext -out leaf.pem
        cat leaf.pem ca.pem >server.pem
        rm -f server.csr ext
    ) 2>"$STATE/setup/tls.log" || die_with_log "the certificate could not be made" "$STATE/setup/tls.log"
    share "$d"/*
    chmod go= "$d/ca.key"
}
