// `mote bundle push` where JetStream has no room left: an error that says so, nothing half-written, and the same push later.

#include <tests/gateway/full_store.hpp>
#include <tests/mote/command.hpp>

#include <mote/functions/bundle_store.hpp>

#include <fstream>
#include <set>

namespace mote::test {
namespace {

namespace fs = std::filesystem;

/// Directories of one file, which cannot be packed smaller, and `mote` that pushes them.
struct pusher {
    run_result mote(std::vector<std::string> arguments) const {
        return environment.run(std::move(arguments), {{"NATS_URL", url}, {"NATS_TIMEOUT", timeout}});
    }
    std::string directory(const std::string& name, std::size_t size) const {
        const auto path = environment.home() / name;
        fs::create_directories(path);
        std::ofstream file(path / "run", std::ios::binary);
        std::uint32_t seed = 1;
        for (std::size_t i = 0; i < size; ++i) {
            seed = seed * 1664525U + 1013904223U;
            file.put(static_cast<char>(seed >> 24U));
        }
        return path.string();
    }
    run_result push(const std::string& name, const std::string& from) const {
        return mote({"bundle", "push", name, from});
    }
    /// Names and digests.
    std::vector<std::string> listed() const {
        const auto result = mote({"bundle", "ls", "--json"});
        EXPECT_EQ(result.exit_code, 0) << result.err;
        std::vector<std::string> all;
        if (result.exit_code != 0) return all;
        for (const auto& each : parse_array(result.out))
            all.push_back(text_at(each, "name") + ' ' + text_at(each, "digest"));
        return all;
    }

    command_environment environment;
    std::string url;
    std::string timeout = "5s";
};

/// By a quota the server says that it is full; of a full disk it says nothing, and exit code 6 is that of a time-out.
void expect_refused(const run_result& pushed, const std::string& from) {
    EXPECT_EQ(pushed.out, "");
    const bool told = contains(pushed.err, "no room left");
    EXPECT_EQ(pushed.exit_code, told ? 1 : 6) << pushed.err;
    EXPECT_TRUE(told || contains(pushed.err, "its disk may be full")) << pushed.err;
    EXPECT_TRUE(is_one_line(pushed.err)) << from;
}

asio::awaitable<std::uint64_t> messages_of_bundles(jetstream::context js) {
    const auto stream = co_await js.stream("OBJ_mote_bundles");
    co_return stream.state.messages;
}

/// That the bundle of a name is `digest`, and whole.
asio::awaitable<void> expect_usable(pusher* here, jetstream::context js, std::string name, std::string digest) {
    const auto store = co_await functions::bundle_store::open(js);
    const auto found = co_await store.find(functions::image_name::parse(name));
    EXPECT_TRUE(found.has_value()) << name;
    if (!found) co_return;
    EXPECT_EQ(found->digest.text() + "\n", digest);
    const auto archive = here->environment.home() / "archive";
    const auto size = co_await store.download(found->digest, archive);
    EXPECT_EQ(size, found->size);
    fs::remove(archive);
}

asio::awaitable<void> refuse_and_go_on(pusher* here, full_store* store, nats_server& server, jetstream::context js) {
    here->url = server.url();
    co_await store->prepare(js);
    const auto first = here->directory("first", 100'000);
    const auto second = here->directory("second", 2'000'000);
    const auto kept = here->push("kept", first);
    EXPECT_EQ(kept.exit_code, 0) << kept.err;
    const std::vector<std::string> only{"kept " + kept.out.substr(0, kept.out.size() - 1)};
    const auto before = co_await messages_of_bundles(js);

    co_await store->fill(js);
    expect_refused(here->push("kept", second), "a second version");
    expect_refused(here->push("new", second), "a new bundle");
    if (store->serves_meanwhile(js)) {
        EXPECT_EQ(here->listed(), only);
        co_await expect_usable(here, js, "kept", kept.out);
    }

    co_await store->free(js, server);
    EXPECT_EQ(here->listed(), only);
    const auto again = co_await connect_to(server);  // which has not been restarted since
    js = jetstream::context(again);
    const auto after = co_await messages_of_bundles(js);
    EXPECT_EQ(after, before) << "no chunk is left";
    co_await expect_usable(here, js, "kept", kept.out);
    const auto changed = here->push("kept", second);
    EXPECT_EQ(changed.exit_code, 0) << changed.err;
    const auto made = here->push("new", second);
    EXPECT_EQ(made.exit_code, 0) << made.err;
    EXPECT_EQ(made.out, changed.out);
    EXPECT_EQ(here->listed().size(), 2U);
    co_await expect_usable(here, js, "kept", changed.out);
    again.close();
}

/// A version that is larger than all the room that there is: some of its chunks were stored when the others are refused.
asio::awaitable<void> push_too_much(pusher* here, nats_server& server, jetstream::context js) {
    here->url = server.url();
    here->timeout = "30s";  // it is told, and does not have to find out
    const auto kept = here->push("kept", here->directory("first", 100'000));
    EXPECT_EQ(kept.exit_code, 0) << kept.err;
    const auto before = co_await js.stream("OBJ_mote_bundles");
    const auto refused = here->push("kept", here->directory("huge", 20'000'000));
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_TRUE(is_one_line(refused.err, {"huge cannot be pushed", "no room left"}));
    const auto after = co_await js.stream("OBJ_mote_bundles");
    EXPECT_GT(after.state.last_sequence, before.state.last_sequence + 50) << "it was no test";
    EXPECT_EQ(after.state.messages, before.state.messages);
    EXPECT_EQ(here->listed().size(), 1U);
    co_await expect_usable(here, js, "kept", kept.out);
}

/// A disk that the push itself fills: then the server purges nothing either, until it is restarted.
asio::awaitable<void> fill_by_a_push(pusher* here, nats_server& server, jetstream::context js) {
    here->url = server.url();
    const auto kept = here->push("kept", here->directory("first", 100'000));
    EXPECT_EQ(kept.exit_code, 0) << kept.err;
    const auto before = co_await messages_of_bundles(js);
    expect_refused(here->push("kept", here->directory("huge", 30'000'000)), "a huge version");
    server.kill();
    server.restart();
    EXPECT_EQ(here->listed().size(), 1U);

    const auto again = co_await connect_to(server);
    js = jetstream::context(again);
    const auto store = co_await functions::bundle_store::open(js);
    co_await store.prune(std::set<functions::bundle_digest>(), std::chrono::seconds(-60));
    const auto after = co_await messages_of_bundles(js);
    EXPECT_EQ(after, before) << "no chunk is left";
    co_await expect_usable(here, js, "kept", kept.out);
    const auto changed = here->push("kept", here->directory("second", 2'000'000));
    EXPECT_EQ(changed.exit_code, 0) << changed.err;
    co_await expect_usable(here, js, "kept", changed.out);
    again.close();
}

class mote_bundle_full_store : public live_test {
protected:
    void expect_refusal_and_recovery(full_store& store) {
        with_jetstream([this, &store](nats_server& server,
                                      jetstream::context js) { return refuse_and_go_on(&here, &store, server, js); },
                       store.options());
    }

    pusher here;
};

TEST_F(mote_bundle_full_store, of_a_disk_refuses_leaves_nothing_half_written_and_goes_on) {
    expect_refusal_and_recovery(*disk_or_quota("24m"));
}

TEST_F(mote_bundle_full_store, of_a_quota_refuses_leaves_nothing_half_written_and_goes_on) {
    full_quota store;
    expect_refusal_and_recovery(store);
}

TEST_F(mote_bundle_full_store, that_takes_half_of_a_bundle_keeps_nothing_of_it) {
    full_quota store;
    with_jetstream([this](nats_server& server, jetstream::context js) { return push_too_much(&here, server, js); },
                   store.options());
}

TEST_F(mote_bundle_full_store, that_a_push_has_filled_has_room_after_a_restart_and_a_prune) {
    const auto store = disk_or_quota("24m");
    with_jetstream([this](nats_server& server, jetstream::context js) { return fill_by_a_push(&here, server, js); },
                   store->options());
}

}  // namespace
}  // namespace mote::test
