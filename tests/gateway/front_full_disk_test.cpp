// A disk that is full under JetStream: what cannot be kept is refused and leaves no trace, and all goes on when there is room.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/full_store.hpp>

#include <mote/functions/secret_store.hpp>

#include <array>

namespace mote::test {
namespace {

constexpr std::array<const char*, 2> kept_calls{"before", "after"};

/// What a refusal of a full store has to be.
void expect_refused(const http::response& answer, const std::string& what) {
    EXPECT_EQ(answer.status, 503) << what << ": " << answer.body;
    EXPECT_TRUE(answer.header("Retry-After")) << what;
    EXPECT_TRUE(contains(answer.body, "no room") || contains(answer.body, "its disk may be full"))
        << what << ": " << answer.body;
}

std::string deployment(const std::string& name, std::size_t size) {
    return R"({"service":")" + name + R"(","image":"functions/alpine","envProcess":"cat","annotations":{"note":")" +
           std::string(size, 'x') + "\"}}";
}

asio::awaitable<http::response> queue(front_world* here, std::string id, std::size_t size) {
    const auto with_id = sent_with("X-Call-Id", id);
    return here->ask("POST", "/async-function/cat", std::string(size, 'x'), with_id);
}

asio::awaitable<std::string> state_of(front_world* here, std::string id) {
    const auto answer = co_await here->ask("GET", "/async-function/" + id);
    if (answer.status != 200) co_return std::to_string(answer.status);
    const auto told = boost::json::parse(answer.body);
    co_return std::string(told.at("state").as_string());
}

asio::awaitable<void> expect_done(front_world* here, std::string id) {
    std::string state;
    for (int tries = 0; tries < 3000 && state != "done"; ++tries) {
        state = co_await state_of(here, id);
        co_await pause_for(10ms);
    }
    EXPECT_EQ(state, "done") << id;
}

/// Asks again while there is no room yet: a server needs a moment until its streams are there after a restart.
asio::awaitable<http::response> once_there_is_room(front_world* here, std::string path, std::string body,
                                                   http::header_list headers = http::header_list()) {
    http::response answer;
    for (int tries = 0; tries < 1000; ++tries) {
        answer = co_await here->ask("POST", path, body, headers);
        if (answer.status != 503) break;
        co_await pause_for(10ms);
    }
    co_return answer;
}

/// Calls that were kept until there was no room; the id of the refused one comes last.
asio::awaitable<std::vector<std::string>> queue_until_refused(front_world* here) {
    constexpr std::size_t most = 64;
    std::vector<std::string> ids;
    http::response answer;
    answer.status = 202;
    while (answer.status == 202 && ids.size() < most) {
        ids.push_back("full-" + std::to_string(ids.size()));
        answer = co_await queue(here, ids.back(), 100'000);
    }
    expect_refused(answer, "a call");
    co_return ids;
}

std::string secret(const std::string& name, char filled_with, std::size_t size) {
    return R"({"name":")" + name + R"(","value":")" + std::string(size, filled_with) + "\"}";
}

/// The value that a secret has, as the node reads it; nothing where there is none.
asio::awaitable<std::string> value_of(front_world* here, jetstream::context js, std::string name) {
    const auto key = functions::sealing_key::load_or_create(here->directory.path() / "sealing.key");
    const auto parsed = functions::secret_name::parse(name);
    std::string value;
    try {
        const auto secrets = co_await functions::secret_store::open(js);
        value = co_await secrets.read(parsed, key);
    } catch (const boost::system::system_error&) {
        value.clear();
    }
    co_return value;
}

constexpr std::size_t large_secret = 100'000;

asio::awaitable<void> expect_secrets_refused(front_world* here) {
    const auto created = co_await here->ask("POST", "/system/secrets", secret("late", 'x', large_secret));
    expect_refused(created, "a new secret");
    const auto updated = co_await here->ask("PUT", "/system/secrets", secret("early", 'x', large_secret));
    expect_refused(updated, "a changed secret");
}

asio::awaitable<void> expect_secrets_as_before(front_world* here, jetstream::context js, bool with_early) {
    if (with_early) {
        const auto early = co_await value_of(here, js, "early");
        EXPECT_EQ(early, "as it was");
    }
    const auto listed = co_await here->ask("GET", "/system/secrets");
    EXPECT_EQ(listed.body, with_early ? R"([{"name":"early","namespace":"openfaas-fn"}])" : "[]");
    const auto created = co_await once_there_is_room(here, "/system/secrets", secret("late", 'y', large_secret));
    EXPECT_EQ(created.status, 201) << "nothing was there: " << created.body;
    const auto late = co_await value_of(here, js, "late");
    EXPECT_TRUE(late == std::string(large_secret, 'y')) << late.size();
}

asio::awaitable<void> refuse_and_go_on(full_store* store, nats_server& server, jetstream::context js) {
    co_await store->prepare(js);
    const auto here = co_await front_world::start(server);
    co_await here->deploy("cat", "cat");
    const auto first = co_await queue(here.get(), kept_calls[0], 100);
    EXPECT_EQ(first.status, 202) << first.body;
    co_await expect_done(here.get(), kept_calls[0]);
    const std::string early = R"({"name":"early","value":"as it was"})";
    const auto created_early = co_await here->ask("POST", "/system/secrets", early);
    EXPECT_EQ(created_early.status, 201) << created_early.body;

    co_await store->fill(js);
    const auto ids = co_await queue_until_refused(here.get());
    const auto large = deployment("large", 100'000);
    const auto deployed = co_await here->ask("POST", "/system/functions", large);
    expect_refused(deployed, "a deployment");
    co_await expect_secrets_refused(here.get());
    if (store->serves_meanwhile(js)) {
        const auto answer = co_await here->ask("POST", "/function/cat", "still here");
        EXPECT_EQ(answer.body, "still here") << "what needs no room goes on";
        const auto none = co_await here->ask("GET", "/system/function/large");
        EXPECT_EQ(none.status, 404) << none.body;
    }

    co_await store->free(js, server);
    const auto with_id = sent_with("X-Call-Id", kept_calls[1]);
    const auto again = co_await once_there_is_room(here.get(), "/async-function/cat", "x", with_id);
    EXPECT_EQ(again.status, 202) << again.body;
    for (const std::string id : kept_calls) co_await expect_done(here.get(), id);
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) co_await expect_done(here.get(), ids[i]);
    const auto refused = co_await state_of(here.get(), ids.back());
    EXPECT_EQ(refused, "404") << "of a call that was refused nothing is there";
    const auto created = co_await once_there_is_room(here.get(), "/system/functions", large);
    EXPECT_EQ(created.status, 202) << "nothing was there: " << created.body;
    co_await expect_secrets_as_before(here.get(), js, store->keeps_what_was_to_change(js));
    const auto answer = co_await here->ask("POST", "/function/large", "works");
    EXPECT_EQ(answer.body, "works");
    const auto list = co_await here->json("/system/functions");
    EXPECT_EQ(list.as_array().size(), 2U);
    co_await here->stop();
}

class front_full_store : public live_test {
protected:
    void expect_refusal_and_recovery(full_store& store) {
        with_jetstream(
            [&store](nats_server& server, jetstream::context js) { return refuse_and_go_on(&store, server, js); },
            store.options());
    }
};

TEST_F(front_full_store, of_a_disk_refuses_with_503_leaves_nothing_half_written_and_goes_on) {
    expect_refusal_and_recovery(*disk_or_quota("24m"));
}

TEST_F(front_full_store, of_a_quota_refuses_with_503_leaves_nothing_half_written_and_goes_on) {
    full_quota store;
    expect_refusal_and_recovery(store);
}

}  // namespace
}  // namespace mote::test
