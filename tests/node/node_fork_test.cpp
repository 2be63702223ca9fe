// What a process that is started for a call can do to the node that started it, and what becomes of it.

#include <tests/node/machine.hpp>
#include <tests/support/program.hpp>

#include <mote/process/control_group.hpp>
#include <mote/process/sandbox.hpp>

#include <array>
#include <ostream>
#include <sys/resource.h>

namespace mote::test {
namespace {

std::ptrdiff_t count_descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

/// A function that runs the shell's script that it is sent.
functions::description shell_of(const std::string& mode, const std::string& longest) {
    return function("shell", "functions/alpine", "sh", {{"mode", mode}, {"exec_timeout", longest}});
}

/// A mode, and what is answered in it when the time is over.
struct fork_case {
    std::string mode{};
    int late = 0;
};

void PrintTo(const fork_case& which, std::ostream* to) { *to << which.mode; }

class live_fork_modes : public live_test, public testing::WithParamInterface<fork_case> {};
class live_fork : public live_test {};

/// Calls it, and waits until the node has no more open than before.
asio::awaitable<called> call_without_trace(nats::connection connection, std::string script) {
    const auto before = count_descriptors();
    auto got = co_await call(connection, subject_of("shell"), std::move(script));
    const std::function<bool()> condition = [before] { return count_descriptors() <= before; };
    const bool all_closed = co_await eventually(condition);
    EXPECT_TRUE(all_closed) << count_descriptors() << " descriptors, before " << before;
    co_return got;
}

/// What has left its process's session is reached by no signal of ours, and has all its streams.
asio::awaitable<void> check_escaped(jetstream::context js, fork_case which) {
    const auto here = co_await machine::start(js);
    const auto what = shell_of(which.mode, "3s");
    co_await here->deploy(what);
    const auto well = co_await call(js.connection(), subject_of("shell"), "echo out\n");
    EXPECT_EQ(well.body, "out\n");
    const auto gone = co_await call_without_trace(js.connection(), "setsid sleep 1000 & echo out; sleep 0.1; exit 0\n");
    EXPECT_EQ(gone.status, 200) << gone.body;
    EXPECT_EQ(gone.body, "out\n");
    const auto stays = co_await call_without_trace(js.connection(), "setsid sleep 1000 & sleep 1000\n");
    EXPECT_EQ(stays.status, which.late) << stays.body;
    co_await here->node.stop(5s);
}

TEST_P(live_fork_modes, end_with_their_process_whatever_it_left_behind) {
    const auto which = GetParam();
    with_jetstream([which](nats_server&, jetstream::context js) { return check_escaped(js, which); });
}

bool is_too_many(const called& got) { return got.status == 429; }

asio::awaitable<void> check_most_calls(jetstream::context js, fork_case which) {
    const auto here = co_await machine::start(js);
    auto what = shell_of(which.mode, "20s");
    what.wanted.variables->emplace("max_inflight", "1");
    co_await here->deploy(what);
    auto work = [](nats::connection nc) -> asio::awaitable<void> {
        const auto got = co_await call_until(nc, subject_of("shell"), is_good, "sleep 4; echo out\n");
        EXPECT_EQ(got.body, "out\n");
    };
    const auto running = start(js.connection(), work(js.connection()));
    const auto refused = co_await call_until(js.connection(), subject_of("shell"), is_too_many, "true\n");
    EXPECT_EQ(refused.header("Retry-After"), "1");
    EXPECT_EQ(refused.header("X-OpenFaaS-Internal"), "proxy");
    nats::headers headers;
    headers.set("Http-Path", "/_/ready");
    const auto probe = co_await call(js.connection(), subject_of("shell"), "true\n", headers);
    EXPECT_EQ(probe.status, 429) << probe.body;
    co_await ends(running);
    const auto again = co_await call(js.connection(), subject_of("shell"), "true\n");
    EXPECT_EQ(again.status, 200) << again.body;
    co_await here->node.stop(5s);
}

TEST_P(live_fork_modes, take_as_many_calls_at_once_as_they_say) {
    const auto which = GetParam();
    with_jetstream([which](nats_server&, jetstream::context js) { return check_most_calls(js, which); });
}

asio::awaitable<void> check_cancelled(jetstream::context js, fork_case which) {
    const auto here = co_await machine::start(js);
    const auto what = shell_of(which.mode, "1h");
    co_await here->deploy(what);
    const auto marker = "7183" + std::to_string(::getpid());
    const auto into = std::make_shared<called>();
    auto work = [](nats::connection nc, std::string script, std::shared_ptr<called> answer) -> asio::awaitable<void> {
        nats::headers headers;
        headers.set("Mote-Cancel-Token", "goes");
        *answer = co_await call(nc, subject_of("shell"), std::move(script), headers);
    };
    const auto running = start(js.connection(), work(js.connection(), "sleep " + marker + "\n", into));
    const std::function<bool()> runs = [marker] { return processes_with(marker) != 0U; };
    const bool began = co_await eventually(runs);
    EXPECT_TRUE(began);
    js.connection().publish("mote.cancel.goes", "");
    const bool gone = co_await are_gone(marker);
    EXPECT_TRUE(gone);
    co_await ends(running);
    EXPECT_NE(into->status, 200) << into->body;
    const auto state = co_await here->state_until(
        "shell", [](const functions::function_state& now) { return now.calls != 0 && now.in_flight == 0; });
    EXPECT_EQ(state.in_flight, 0U);
    co_await here->node.stop(5s);
}

TEST_P(live_fork_modes, end_with_their_process_when_their_caller_goes) {
    const auto which = GetParam();
    with_jetstream([which](nats_server&, jetstream::context js) { return check_cancelled(js, which); });
}

asio::awaitable<void> check_alone(jetstream::context js, fork_case which) {
    const auto here = co_await machine::start(js);
    auto what = shell_of(which.mode, "20s");
    what.wanted.annotations = functions::text_map();
    what.wanted.annotations->emplace("mote.network", "none");
    co_await here->deploy(what);
    const auto got = co_await call(js.connection(), subject_of("shell"), "tail -n +3 /proc/net/dev | cut -d : -f 1\n");
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(got.body, "    lo\n");
    co_await here->node.stop(5s);
}

TEST_P(live_fork_modes, have_no_network_where_they_say_so) {
    if (!mote::process::sandbox_available().works)
        return mote::test::skip_or_fail("no sandbox here: " + mote::process::sandbox_available().text);
    const auto which = GetParam();
    with_jetstream([which](nats_server&, jetstream::context js) { return check_alone(js, which); });
}

INSTANTIATE_TEST_SUITE_P(of_a_watchdog, live_fork_modes,
                         testing::Values(fork_case{"classic", 408}, fork_case{"serializing", 504},
                                         fork_case{"streaming", 504}),
                         [](const auto& of) { return of.param.mode; });

/// Writes more than a pipe holds, and leaves somebody behind who has the pipe.
TEST_F(live_fork, a_long_output_is_whole_though_somebody_else_has_its_pipe) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = shell_of("streaming", "20s");
        co_await here->deploy(what);
        const auto got = co_await call_without_trace(
            js.connection(), "setsid sleep 1000 & dd if=/dev/zero bs=65536 count=64 2> /dev/null; exit 0\n");
        EXPECT_EQ(got.body.size(), 64U * 65536);
        co_await here->node.stop(5s);
    });
}

constexpr std::array<const char*, 2> modes_that_answer_whole{"classic", "serializing"};

TEST_F(live_fork, a_function_that_writes_without_end_is_ended_and_leaves_others_alone) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const node_edit bounded = [](node::node_options& opts) { opts.max_body = 1'000'000; };
        const auto here = co_await machine::start(js, bounded);
        const auto quiet = function("quiet", "functions/alpine", "cat");
        co_await here->deploy(quiet);
        const auto marker = "endless" + nats::next_nuid();
        for (const std::string mode : modes_that_answer_whole) {
            const auto what = function(mode, "functions/alpine", "yes " + marker, {{"mode", mode}});
            co_await here->deploy(what);
            const auto got = co_await call(js.connection(), subject_of(mode));
            EXPECT_EQ(got.status, 500) << mode;
            EXPECT_TRUE(contains(got.body, "over 1000000 bytes")) << mode << ": " << got.body.substr(0, 100);
            const bool gone = co_await are_gone(marker);
            EXPECT_TRUE(gone) << mode;
        }
        const auto errors = shell_of("serializing", "1s");
        co_await here->deploy(errors);
        const auto late = co_await call(js.connection(), subject_of("shell"), "yes " + marker + " >&2\n");
        EXPECT_EQ(late.status, 504) << "its errors are lines of the log, and dropped: " << late.body.substr(0, 100);
        const bool gone = co_await are_gone(marker);
        EXPECT_TRUE(gone);
        const auto other = co_await call(js.connection(), subject_of("quiet"), "still here");
        EXPECT_EQ(other.body, "still here");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_fork, a_function_may_have_half_of_the_descriptors_of_the_node) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        rlimit ours{};
        ::getrlimit(RLIMIT_NOFILE, &ours);
        const auto half = std::to_string(ours.rlim_cur / 2);
        const auto here = co_await machine::start(js);
        const auto what = shell_of("classic", "10s");
        co_await here->deploy(what);
        const auto got = co_await call(js.connection(), subject_of("shell"),
                                       "ulimit -Sn; ulimit -Hn; grep 'open files' /proc/$PPID/limits | tr -s ' '\n");
        EXPECT_EQ(got.body, half + "\n" + half + "\nMax open files " + half + " " + half + " files \n");
        co_await here->node.stop(5s);
    });
}

/// As `readlink` of it says.
std::string own_namespace(const std::string& kind) {
    return std::filesystem::read_symlink("/proc/self/ns/" + kind).string();
}

TEST_F(live_fork, a_function_shares_no_memory_and_no_host_name_with_the_machine) {
    if (!mote::process::sandbox_available().works)
        return mote::test::skip_or_fail("no sandbox here: " + mote::process::sandbox_available().text);
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = shell_of("classic", "10s");
        co_await here->deploy(what);
        const auto ipc = co_await call(js.connection(), subject_of("shell"), "readlink -n /proc/self/ns/ipc\n");
        EXPECT_TRUE(ipc.body.starts_with("ipc:[")) << ipc.body;
        EXPECT_NE(ipc.body, own_namespace("ipc"));
        const auto uts = co_await call(js.connection(), subject_of("shell"), "readlink -n /proc/self/ns/uts\n");
        EXPECT_TRUE(uts.body.starts_with("uts:[")) << uts.body;
        EXPECT_NE(uts.body, own_namespace("uts"));
        const auto net = co_await call(js.connection(), subject_of("shell"), "readlink -n /proc/self/ns/net\n");
        EXPECT_EQ(net.body, own_namespace("net")) << "it has that of the machine";
        co_await here->node.stop(5s);
    });
}

// Leaves a process behind that has as many threads as it may have, also when another process ends, and returns when there are no
// more for the first time. Threads count as processes do.
const std::string fills_up = R"sh(
setsid python3 -c '
import _thread, threading, time
threading.stack_size(32768)
gate = threading.Event()
while True:
    try: _thread.start_new_thread(gate.wait, ())
    except RuntimeError:
        open("/tmp/full", "w").close()
        time.sleep(0.01)' > /dev/null 2>&1 &
until [ -e /tmp/full ]; do :; done
echo full
)sh";

TEST_F(live_fork, a_command_that_is_not_there_is_named_in_the_answer) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = function("none", "functions/alpine", "no-such-program x");
        co_await here->deploy(what);
        const auto got = co_await call(js.connection(), subject_of("none"));
        EXPECT_EQ(got.status, 500);
        EXPECT_EQ(got.body, "the function's process cannot be started: no-such-program: program not found");
        co_await here->node.stop(5s);
    });
}

TEST_F(live_fork, a_sandbox_in_which_no_more_can_be_started_is_replaced) {
    if (!mote::process::sandbox_available().works)
        return mote::test::skip_or_fail("no sandbox here: " + mote::process::sandbox_available().text);
    if (mote::process::control_group_kind() == "rlimits") GTEST_SKIP() << "no control groups here";
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto what = shell_of("classic", "30s");
        co_await here->deploy(what);
        const auto full = co_await call(js.connection(), subject_of("shell"), fills_up, nats::headers(), 30s);
        EXPECT_EQ(full.body, "full\n") << full.status;
        const auto is_refused = [](const called& got) { return got.status == 500; };
        const auto refused = co_await call_until(js.connection(), subject_of("shell"), is_refused, "echo out\n");
        EXPECT_TRUE(refused.body.starts_with("the function's process cannot be started: ")) << refused.body;
        // One that ends makes room for a moment, in which the next one may come to pass in the sandbox that is full.
        const std::function<bool(const called&)> is_good_elsewhere = [here](const called& got) {
            return is_good(got) && contains(*here->notes, "left as many processes as it may have");
        };
        const auto well = co_await call_until(js.connection(), subject_of("shell"), is_good_elsewhere, "echo out\n");
        EXPECT_EQ(well.body, "out\n");
        EXPECT_TRUE(contains(*here->notes, "left as many processes as it may have")) << *here->notes;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_fork, a_sandbox_in_which_no_more_can_be_started_is_replaced_though_a_call_goes_on_in_it) {
    if (!mote::process::sandbox_available().works)
        return mote::test::skip_or_fail("no sandbox here: " + mote::process::sandbox_available().text);
    if (mote::process::control_group_kind() == "rlimits") GTEST_SKIP() << "no control groups here";
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const node_edit impatient = [](node::node_options& opts) { opts.start_timeout = 8s; };
        const auto here = co_await machine::start(js, impatient);
        auto what = shell_of("classic", "10m");
        what.wanted.labels.emplace().emplace("com.openfaas.scale.max", "1");  // no second one beside it
        co_await here->deploy(what);
        const auto held = std::make_shared<called>();
        auto hold = [](nats::connection nc, std::shared_ptr<called> into) -> asio::awaitable<void> {
            *into = co_await call(nc, subject_of("shell"), "echo > /tmp/holds\nsleep 600\n", nats::headers(), 10min);
        };
        const auto holds = start(js.connection(), hold(js.connection(), held));
        const auto fills = "until [ -e /tmp/holds ]; do :; done\n" + fills_up;
        const auto full = co_await call(js.connection(), subject_of("shell"), fills, nats::headers(), 60s);
        EXPECT_EQ(full.body, "full\n") << full.status;
        const std::function<bool(const called&)> is_good_elsewhere = [here](const called& got) {
            return is_good(got) && contains(*here->notes, "left as many processes as it may have");
        };
        const auto well = co_await call_until(js.connection(), subject_of("shell"), is_good_elsewhere, "echo out\n");
        EXPECT_EQ(well.body, "out\n") << *here->notes;
        co_await ends(holds);
        EXPECT_EQ(held->status, 500) << "it went with its sandbox: " << held->body;
        co_await here->node.stop(5s);
    });
}

TEST_F(live_fork, a_sandbox_that_a_function_has_stopped_is_replaced) {
    if (!mote::process::sandbox_available().works)
        return mote::test::skip_or_fail("no sandbox here: " + mote::process::sandbox_available().text);
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const node_edit impatient = [](node::node_options& opts) { opts.start_timeout = 8s; };
        const auto here = co_await machine::start(js, impatient);
        const auto what = shell_of("classic", "2s");
        co_await here->deploy(what);
        const auto stops = co_await call(js.connection(), subject_of("shell"), "kill -STOP $PPID\n");
        EXPECT_EQ(stops.status, 408) << "nobody says that it has ended: " << stops.body;
        const auto next = co_await call(js.connection(), subject_of("shell"), "echo out\n");
        EXPECT_EQ(next.status, 408) << "nobody starts it: " << next.body;
        const auto well = co_await call_until(js.connection(), subject_of("shell"), is_good, "echo out\n");
        EXPECT_EQ(well.body, "out\n");
        EXPECT_NE(here->notes->find("the sandbox does not answer"), std::string::npos) << *here->notes;
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
