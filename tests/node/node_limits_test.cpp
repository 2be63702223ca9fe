// What a function that uses up what it may have does to itself, and to nobody else.

#include <tests/node/python_function.hpp>
#include <tests/process/control_groups.hpp>

#include <mote/functions/log_reader.hpp>
#include <mote/process/control_group.hpp>
#include <mote/process/sandbox.hpp>

#include <cstdlib>

namespace mote::test {
namespace {

class live_limits : public live_test {};

const std::string fills_its_disk = R"sh(
read wanted
case $wanted in
fill) dd if=/dev/zero of=/tmp/fill bs=65536 count=4096 2>&1 || echo "refused"; ls -l /tmp/fill ;;
clear) rm -f /tmp/fill && echo cleared ;;
*) echo "well" ;;
esac
)sh";

asio::awaitable<functions::description> disk_function(std::shared_ptr<machine> on, std::string name) {
    std::map<std::string, std::string> files;
    files.emplace("fill.sh", fills_its_disk);
    files.emplace("function.env", "mode=serializing\n");
    const auto pushed = co_await on->push("test/disk", files);
    auto what = function(std::move(name), "test/disk", "sh fill.sh");
    what.digest = pushed.digest.text();
    what.wanted.limits = functions::resource_texts();
    what.wanted.limits->memory = "64Mi";
    co_return what;
}

// In bytes. The thread sanitizer keeps a file of 512 KiB, already unlinked, in the /tmp of each program that is built with it.
#ifdef __SANITIZE_THREAD__
constexpr const char* half_of_its_memory = "33030144";
#else
constexpr const char* half_of_its_memory = "33554432";
#endif

TEST_F(live_limits, a_function_that_fills_its_disk_is_told_and_goes_on) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto fills = co_await disk_function(here, "fills");
        const auto other = co_await disk_function(here, "other");
        co_await here->deploy(fills);
        co_await here->deploy(other);
        for (int round = 0; round < 2; ++round) {
            const auto full = co_await call(js.connection(), subject_of("fills"), "fill\n");
            EXPECT_EQ(full.status, 200) << full.body;
            EXPECT_TRUE(contains(full.body, "No space left on device")) << full.body;
            EXPECT_TRUE(contains(full.body, half_of_its_memory)) << "half of its memory: " << full.body;
            const auto well = co_await call(js.connection(), subject_of("other"), "how are you\n");
            EXPECT_EQ(well.body, "well\n") << well.status;
            const auto still = co_await call(js.connection(), subject_of("fills"), "how are you\n");
            EXPECT_EQ(still.body, "well\n") << still.status;
            const auto cleared = co_await call(js.connection(), subject_of("fills"), "clear\n");
            EXPECT_EQ(cleared.body, "cleared\n") << cleared.status;
        }
        EXPECT_FALSE(contains(*here->notes, "fills")) << "its replica never ended: " << *here->notes;
        co_await here->node.stop(5s);
    });
}

// By its path: `/memory` takes half a gigabyte, `/threads` starts threads until it may not, at most 5,000, and says how many;
// `/release` ends them; `/spin/S` works for S seconds and says how much of them it got, in percent; all else is the time
// when it began.
const std::string hungry_server = R"py(
import _thread, http.server, os, threading, time
began = time.time()
gate = threading.Event()
threading.stack_size(32768)

def take_memory():
    taken = bytearray()
    try:
        while len(taken) < 1 << 29: taken.extend(b"x" * 1048576)
    except MemoryError: os._exit(9)

def start_threads():
    for made in range(5000):
        try: _thread.start_new_thread(gate.wait, ())
        except RuntimeError: return made
    return 5000

def spin(seconds):
    start, used = time.monotonic(), time.process_time()
    while time.monotonic() - start < seconds: pass
    return int(100 * (time.process_time() - used) / (time.monotonic() - start))

class handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        said = repr(began)
        if self.path == "/memory": take_memory()
        if self.path == "/threads": said = str(start_threads())
        if self.path == "/release": gate.set()
        if self.path.startswith("/spin/"): said = str(spin(float(self.path[6:])))
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), handler).serve_forever()
)py";

/// One that is hungry with these limits, and another that has none.
asio::awaitable<void> deploy_hungry(std::shared_ptr<machine> on, functions::resource_texts limits) {
    std::map<std::string, std::string> files;
    files.emplace("server.py", hungry_server);
    files.emplace("function.env", "mode=http\n");
    const auto pushed = co_await on->push("test/hungry", files);
    auto what = function("hungry", "test/hungry", "python3 -B server.py");
    what.digest = pushed.digest.text();
    auto other = what;
    other.wanted.service = "other";
    what.wanted.limits = limits;
    co_await on->deploy(what);
    co_await on->deploy(other);
}

asio::awaitable<called> ask(std::shared_ptr<machine> on, std::string name, std::string path = "/") {
    const auto headers = path_headers(std::move(path));
    auto got = co_await call(on->nc, subject_of(name), {}, headers);
    co_return got;
}

/// Limits of what all processes of a function use together.
class live_group_limits : public live_limits {
protected:
    void SetUp() override {
        live_limits::SetUp();
        mote::process::test::expect_kind_of_control_groups();
        if (mote::process::control_group_kind() == "rlimits") GTEST_SKIP() << "no control groups here";
    }
};

TEST_F(live_limits, a_function_past_its_memory_ends_and_begins_again) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::resource_texts limits;
        limits.memory = "64Mi";
        co_await deploy_hungry(here, limits);
        const auto before = co_await ask(here, "hungry");
        const auto other = co_await ask(here, "other");
        const auto lost = co_await ask(here, "hungry", "/memory");
        EXPECT_EQ(lost.status, 502) << lost.body;
        const auto after = co_await call_until(js.connection(), subject_of("hungry"), is_good);
        EXPECT_NE(after.body, before.body) << "another process";
        const auto still = co_await ask(here, "other");
        EXPECT_EQ(still.status, 200) << still.body;
        EXPECT_EQ(still.body, other.body) << "the same process";
        EXPECT_TRUE(contains(*here->notes, "hungry.openfaas-fn")) << *here->notes;
        const bool is_told = contains(*here->notes, "signal 9, out of memory: limits.memory is 64Mi");
        EXPECT_EQ(is_told, mote::process::control_group_kind() != "rlimits") << *here->notes;
        EXPECT_FALSE(contains(*here->notes, "other.openfaas-fn")) << *here->notes;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_group_limits, a_function_that_starts_processes_without_end_meets_their_bound) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const functions::resource_texts none;
        co_await deploy_hungry(here, none);
        const auto before = co_await ask(here, "hungry");
        const auto full = co_await ask(here, "hungry", "/threads");
        EXPECT_EQ(full.status, 200) << full.body;
        const int started = std::atoi(full.body.c_str());
        EXPECT_GT(started, 100) << "a machine may have a lower bound of its own";
        EXPECT_LT(started, 4096) << "threads count, too";
        const auto well = co_await ask(here, "other");
        EXPECT_EQ(well.status, 200) << well.body;
        const auto same = co_await ask(here, "hungry", "/release");
        EXPECT_EQ(same.body, before.body) << "it goes on";
        co_await here->node.stop(5s);
    });
}

TEST_F(live_group_limits, a_function_gets_no_more_of_a_processor_than_it_may) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        functions::resource_texts limits;
        limits.cpu = "100m";
        co_await deploy_hungry(here, limits);
        const auto share = std::make_shared<called>();
        auto work = [](std::shared_ptr<machine> on, std::shared_ptr<called> into) -> asio::awaitable<void> {
            *into = co_await ask(on, "hungry", "/spin/2");
        };
        const auto spinning = start(js.connection(), work(here, share));
        const auto well = co_await ask(here, "other");
        EXPECT_EQ(well.status, 200) << well.body;
        co_await ends(spinning);
        EXPECT_EQ(share->status, 200) << share->body;
        EXPECT_LT(std::atoi(share->body.c_str()), 40) << "percent; it may have 10";
        co_await here->node.stop(5s);
    });
}

/// The first process that has this in its command line; 0: none.
pid_t process_with(const std::string& marker) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "cmdline");
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        if (text.starts_with(std::string("sleep\0", 6) + marker)) return std::atoi(entry.path().filename().c_str());
    }
    return 0;
}

/// What a node says that holds a process is what the kernel says of it.
asio::awaitable<void> check_what_holds(jetstream::context js, bool sandbox) {
    const node_edit edit = [sandbox](node::node_options& opts) { opts.sandbox = sandbox; };
    const auto here = co_await machine::start(js, edit);
    const auto marker = "7186" + std::to_string(::getpid());
    const auto what = function("held", "functions/alpine", "sleep " + marker, {{"exec_timeout", "1m"}});
    co_await here->store.create(what);  // the first call does not end
    const auto state =
        co_await here->state_until("held", [](const functions::function_state& now) { return now.ready == 1; });
    const auto calling = start(js.connection(), [](std::shared_ptr<machine> on) -> asio::awaitable<void> {
        co_await call(on->nc, subject_of("held"), {}, nats::headers(), 60s);
    }(here));
    const std::function<bool()> runs = [marker] { return process_with(marker) != 0; };
    const bool began = co_await eventually(runs);
    EXPECT_TRUE(began);
    const auto proc = std::filesystem::path("/proc") / std::to_string(process_with(marker));
    std::ifstream file(proc / "cgroup");
    const std::string groups{std::istreambuf_iterator<char>(file), {}};
    const bool has_group = contains(groups, "/mote-");
    EXPECT_EQ(state.limits != "rlimits", has_group) << state.limits << ": " << groups;
    const auto space = std::filesystem::read_symlink(proc / "ns" / "mnt");
    const bool is_apart = space != std::filesystem::read_symlink("/proc/self/ns/mnt");
    EXPECT_EQ(state.sandbox, is_apart ? "bubblewrap" : "none");
    EXPECT_EQ(is_apart, sandbox && mote::process::sandbox_available().works);
    co_await here->node.stop(1s);
    co_await ends(calling);
}

TEST_F(live_limits, what_holds_a_function_is_told_as_it_is) {
    for (const bool sandbox : {true, false})
        with_jetstream([sandbox](nats_server&, jetstream::context js) { return check_what_holds(js, sandbox); });
}

// Asked to `spin`, it works for two seconds and says how much of them it got, in percent. Starts no other program: that alone takes
// long with a tenth of a processor.
const std::string spins = R"sh(
read_now() { read now rest < /proc/uptime; now=${now%.*}${now#*.}; }
read -r wanted
[ "$wanted" = spin ] || exit 0
read_now
end=$((now + 200))
while [ $now -lt $end ]; do read_now; done
read -r all < /proc/self/stat
set -- $all
echo $(((${14} + ${15}) / 2))
)sh";

TEST_F(live_group_limits, a_command_gets_no_more_of_a_processor_than_its_function_may) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        std::map<std::string, std::string> files;
        files.emplace("spin.sh", spins);
        files.emplace("function.env", "mode=serializing\n");
        const auto pushed = co_await here->push("test/spin", files);
        auto what = function("spin", "test/spin", "sh spin.sh");
        what.digest = pushed.digest.text();
        what.wanted.limits = functions::resource_texts();
        what.wanted.limits->cpu = "100m";
        co_await here->deploy(what);
        const auto share = co_await call(js.connection(), subject_of("spin"), "spin\n");
        EXPECT_EQ(share.status, 200) << share.body;
        EXPECT_EQ(share.body.find_first_not_of("0123456789\n"), std::string::npos) << share.body;
        EXPECT_GT(share.body.size(), 1U) << "a number; nothing is much on a machine that stands still";
        EXPECT_LT(std::atoi(share.body.c_str()), 40) << "percent; it may have 10";
        co_await here->node.stop(5s);
    });
}

asio::awaitable<bool> has_line(jetstream::context js, std::string name, std::string part) {
    functions::log_query query;
    query.function = functions::function_name::parse(name);
    const auto store = co_await functions::log_store::open(js);
    for (int tries = 0; tries < 200; ++tries) {
        auto lines = co_await functions::log_reader::open(store, query);
        for (;;) {
            const auto line = co_await lines.next();
            if (!line) break;
            if (contains(line->text, part)) co_return true;
        }
        asio::steady_timer pause(js.connection().executor(), 50ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_return false;
}

TEST_F(live_group_limits, a_command_past_its_memory_says_so_in_the_log) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        auto what = function("greedy", "functions/alpine", "tail /dev/zero");
        what.wanted.limits = functions::resource_texts();
        what.wanted.limits->memory = "64Mi";
        co_await here->deploy(what);  // which calls it
        const auto got = co_await call(js.connection(), subject_of("greedy"));
        EXPECT_EQ(got.status, 500);
        EXPECT_EQ(got.body, "signal: killed\n") << "as the watchdog says it";
        const bool told =
            co_await has_line(js, "greedy", "fprocess: signal: killed, out of memory: limits.memory is 64Mi");
        EXPECT_TRUE(told);
        co_await here->node.stop(5s);
    });
}

TEST_F(live_group_limits, the_time_of_a_busy_function_is_told) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const functions::resource_texts none;
        co_await deploy_hungry(here, none);
        auto work = [](std::shared_ptr<machine> on) -> asio::awaitable<void> {
            co_await ask(on, "hungry", "/spin/12");
        };
        const auto spinning = start(js.connection(), work(here));
        // Of a processor; a busy machine gives it little.
        const auto busy = co_await here->state_until("hungry", [](const functions::function_state& now) {
            return now.millicores > 100 && now.cpu_seconds.value_or(0) > 0.3;
        });
        EXPECT_LT(busy.millicores, 2500) << "one thread";
        EXPECT_GT(busy.cpu_seconds.value_or(0), 0.3);
        EXPECT_EQ(busy.limits, mote::process::control_group_kind());
        co_await ends(spinning);
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
