# shellcheck shell=bash
# What functions cost: cold starts, forks, the queue of calls, memory of an idle node and of open connections, a large upload.
# Sourced by bench/run, behind gateway.sh, whose platform it uses.

# A program that answers HTTP, in C and in Python, each as a bundle.
write_bundles() {
    mkdir -p "$work/c" "$work/python"
    cat >"$work/hello.c" <<'END'
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(atoi(getenv("PORT"))), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr*)&here, sizeof here) || listen(listener, 64)) return 1;
    for (;;) {
        char bytes[4096];
        const char* answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
        int peer = accept(listener, 0, 0);
        if (read(peer, bytes, sizeof bytes) > 0 && write(peer, answer, strlen(answer)) < 0) return 1;
        close(peer);
    }
}
END
    cc -O2 -o "$work/c/hello" "$work/hello.c"
    printf 'mode=http\nfprocess=./hello\n' >"$work/c/function.env"
    cat >"$work/python/hello.py" <<'END'
import os, socket
listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
while True:
    peer, _ = listener.accept()
    if peer.recv(4096):
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    peer.close()
END
    printf 'mode=http\nfprocess=python3 hello.py\n' >"$work/python/function.env"
    local name
    for name in c python; do
        $release/apps/mote/mote --server "nats://127.0.0.1:$port" bundle push "bench-$name" "$work/$name" >>"$work/log" 2>&1 ||
            fail "cannot push the bundle $name: $(tail -3 "$work/log")"
        deploy "cold-$name" "bench-$name"
        until_answers "$gateway/function/cold-$name"
    done
}

# Scales a function to zero, and waits until no process of it is left.
to_zero() {
    curl -fsS -o /dev/null -d "{\"serviceName\":\"$1\",\"replicas\":0}" "$gateway/system/scale-function/$1"
    local _
    for _ in {1..400}; do
        curl -fsS "$gateway/system/function/$1" | grep -q '"availableReplicas":[1-9]' || return 0
        sleep 0.02
    done
    fail "$1 does not go to zero"
}

# cold_starts NAME COUNT: ms from the call to its answer, the median.
cold_starts() {
    local i
    for ((i = 0; i < $2; i++)); do
        to_zero "$1"
        curl -fsS -o /dev/null -d x -w '%{time_total}\n' "$gateway/function/$1"
    done | awk '{ print $1 * 1000 }' | median
}

# bare_start COUNT COMMAND...: ms from the start of a process to its answer, without anything of ours; the median. In the
# environment of a function: what the caller's PATH has in place of the system's Python may start much later.
bare_start() {
    python3 - "$@" <<'END'
import socket, statistics, subprocess, sys, time
times = []
for _ in range(int(sys.argv[1])):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    process = subprocess.Popen(sys.argv[2:], env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PORT": str(port)})
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as peer:
                peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
                peer.recv(100)
                break
        except ConnectionRefusedError:
            time.sleep(0.0002)
    times.append((time.perf_counter() - began) * 1000)
    process.kill()
    process.wait()
print(statistics.median(times))
END
}

# ms of a fork and exec of `cat` with a body, without anything of ours; the median.
bare_fork() {
    python3 -c '
import statistics, subprocess, time
times = []
for _ in range(300):
    began = time.perf_counter()
    subprocess.run(["/bin/cat"], input=b"x", stdout=subprocess.PIPE)
    times.append((time.perf_counter() - began) * 1000)
print(statistics.median(times))'
}

resident_mb() { awk '/^VmRSS/ { print $2 / 1024 }' "/proc/$1/status"; }
highest_mb() { awk '/^VmHWM/ { print $2 / 1024 }' "/proc/$1/status"; }

# highest_below PID FILE: the highest resident MB that any process had which PID started, or what that started, while FILE is there.
highest_below() {
    python3 - "$@" <<'END'
import os, sys, time

def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""  # of a process that ends meanwhile

def below(pid):
    tasks = os.listdir(f"/proc/{pid}/task") if os.path.exists(f"/proc/{pid}/task") else []
    for child in [each for task in tasks for each in read(f"/proc/{pid}/task/{task}/children").split()]:
        yield child
        yield from below(child)

highest = 0
while os.path.exists(sys.argv[2]):
    for pid in below(sys.argv[1]):
        for line in read(f"/proc/{pid}/status").splitlines():
            if line.startswith("VmHWM:"):
                highest = max(highest, int(line.split()[1]))
    time.sleep(0.05)
print(highest / 1024)
END
}

# Of the server it is the heap of Go, with what the settings of `mote up` let it collect later: it does not grow with the body.
bench_upload() {
    deploy count functions/alpine 'wc -c' ',"envVars":{"mode":"streaming"}'
    until_answers "$gateway/function/count"
    : >"$work/uploading"
    highest_below "$node_pid" "$work/uploading" >"$work/highest" &
    local sampler=$!
    [[ $(head -c 1G /dev/zero | curl -fsS -T - -X POST "$gateway/function/count") == 1073741824 ]] || fail "the upload was not whole"
    rm "$work/uploading"
    wait $sampler
    row "1 GiB upload: highest MB of the gateway" "$(highest_mb "$gateway_pid")" "<=" 64
    row "1 GiB upload: highest MB of the node" "$(highest_mb "$node_pid")" "<=" 96
    row "1 GiB upload: highest MB of the function, sandbox included" "$(cat "$work/highest")" "<=" 64
    row "1 GiB upload: highest MB of the NATS server" "$(highest_mb "$server_pid")" "<=" 256
}

pending_calls() { curl -fsS "$metrics" | awk '/^queue_worker_pending_messages/ { sum += $2 } END { print sum + 0 }'; }

# queue_calls FILE: asynchronous calls for 5 s by 64 connections; what wrk says of it goes to FILE.
queue_calls() {
    wrk -t1 -c64 -d5s -s "$work/post.lua" "$gateway/async-function/noop" >"$1"
    ! grep -q 'Non-2xx' "$1" || fail "calls were refused: $(grep 'Non-2xx' "$1")"
}

until_none_waits() {
    local _
    for _ in {1..1200}; do
        [[ $(pending_calls) != 0 ]] || return 0
        sleep 0.1
    done
    fail "queued calls do not end"
}

# Keeping calls, doing them, and both at a time: a paused function's calls are kept and wait.
bench_queue() {
    local began ended kept
    deploy noop functions/alpine "$PWD/$release/bench/bench_echo" ',"envVars":{"mode":"micro"},"labels":{"com.openfaas.max_inflight":"256"}'
    until_answers "$gateway/function/noop"
    printf 'wrk.method = "POST"\nwrk.body = "x"\n' >"$work/post.lua"
    curl -fsS -o /dev/null -X PUT "$gateway/system/function/noop/pause"
    queue_calls "$work/wrk"
    kept=$(awk '/requests in/ { print $1 }' "$work/wrk")
    began=$(date +%s%N)
    curl -fsS -o /dev/null -X PUT "$gateway/system/function/noop/resume"
    until_none_waits
    ended=$(date +%s%N)
    row "asynchronous calls kept a second" "$(awk '/Requests\/sec/ { print $2 }' "$work/wrk")" ">=" 10000
    row "asynchronous calls done a second, from the queue" "$(awk -v n="$kept" -v t=$((ended - began)) 'BEGIN { print n / t * 1e9 }')" ">=" 3000
    began=$(date +%s%N)
    queue_calls "$work/wrk"
    until_none_waits
    ended=$(date +%s%N)
    row "asynchronous calls kept and done a second, both at a time" \
        "$(awk -v n="$(awk '/requests in/ { print $1 }' "$work/wrk")" -v t=$((ended - began)) 'BEGIN { print n / t * 1e9 }')" ">=" 3000
}

bench_idle_node() {
    local i before after
    for ((i = 0; i < 1000; i++)); do
        printf 'url = "%s/system/functions"\ndata = "{\\"service\\":\\"idle-%d\\",\\"image\\":\\"functions/alpine\\",\\"envProcess\\":\\"cat\\"}"\noutput = "/dev/null"\nnext\n' "$gateway" $i
        printf 'url = "%s/system/scale-function/idle-%d"\ndata = "{\\"serviceName\\":\\"idle-%d\\",\\"replicas\\":0}"\noutput = "/dev/null"\n' "$gateway" $i $i
        ((i == 999)) || printf 'next\n'
    done >"$work/curl"
    curl -fsS -K "$work/curl" || fail "cannot deploy 1,000 functions"
    sleep 15 # until all is told
    before=$(cpu_of "$node_pid")
    sleep 10
    after=$(cpu_of "$node_pid")
    row "node with 1,000 functions at zero: resident MB" "$(resident_mb "$node_pid")" "<=" 60
    row "node with 1,000 functions at zero: percent of a core" \
        "$(awk -v used=$((after - before)) 'BEGIN { print used / 1e10 * 100 }')" "<=" 1
}

bench_functions() {
    local who fork bare
    for who in wrk curl cc python3; do
        command -v $who >/dev/null && continue
        not_measured "cold starts and other costs of functions" "there is no $who"
        return
    done
    start_platform
    write_bundles
    local starts=${COLD_STARTS:-100}
    row "cold start of a C program, ms" "$(cold_starts cold-c "$starts")" "<=" 15
    bare=$(bare_start "$starts" "$(PATH=/usr/local/bin:/usr/bin:/bin command -v python3)" "$work/python/hello.py")
    row "cold start of a Python program, ms over its own ($bare)" \
        "$(awk -v a="$(cold_starts cold-python "$starts")" -v b="$bare" 'BEGIN { print a - b }')" "<=" 10
    deploy cat functions/alpine cat
    until_answers "$gateway/function/cat"
    bare=$(bare_fork)
    fork=$(load "$gateway/function/cat" 1 16 | awk '{ print $2 }')
    row "a process a call, ms over a bare fork and exec ($bare)" "$(awk -v a="$fork" -v b="$bare" 'BEGIN { print a - b }')" "<=" 3
    bench_upload
    start_platform # for a gateway that has done nothing else
    ulimit -n 4096
    wrk -t1 -c1000 -d4s "$gateway/healthz" >"$work/wrk" &
    sleep 2
    row "gateway with 1,000 open connections: resident MB" "$(resident_mb "$gateway_pid")" "<=" 20
    wait $!
    bench_idle_node
    start_platform --no-sandbox # the echo service lies in the build directory
    bench_queue
}
