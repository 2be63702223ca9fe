#include <mote/functions/error.hpp>
#include <mote/functions/secret_store.hpp>
#include <tests/jetstream/live_test.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <memory>
#include <string>
#include <vector>

namespace mote::functions {
namespace {

using boost::asio::awaitable;
using test::contains;
using test::failure_of;
using test::nats_server;

/// Tests with an empty store whose key is published.
class live_secret_store : public test::live_test {
protected:
    template <class Body>
    void with_secrets(Body body) {
        with_jetstream(
            [body](nats_server&, jetstream::context js) -> awaitable<void> { return prepared(std::move(js), body); });
    }

private:
    template <class Body>
    static awaitable<void> prepared(jetstream::context js, Body body) {
        auto store = co_await secret_store::open(js);
        const auto key = sealing_key::generate();
        co_await store.publish_key(key.public_key());
        co_await body(js, store, key);
    }
};

secret_name secret(std::string_view name, std::string_view space = {}) { return secret_name::parse(name, space); }

// Lists are made outside of coroutines: g++ 12 cannot keep them there.

std::vector<std::string> values() {
    std::string all_bytes;
    for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
    return {std::string(), "pass\n", all_bytes, std::string(secret_store::max_size, '\xff')};
}

std::vector<std::string> some_names() { return {"a_b", "api-key", "tls.crt"}; }

std::vector<std::string> wrong_spaces() { return {"", "*", ">", "a.b", "_sealing_key"}; }

std::vector<secret_name> moved_or_changed() {
    return {secret("yours"), secret("mine", "other"), secret("empty"), secret("changed")};
}

std::vector<secret_name> wrong_names() {
    std::vector<secret_name> names;
    for (const auto& [name, space] :
         {std::pair("", "a"), std::pair("_sealing_key", "a"), std::pair("..", "a"), std::pair("a/b", "a"),
          std::pair("a", ""), std::pair("a", "b.c"), std::pair(">", "a")}) {
        names.emplace_back().name = name;
        names.back().space = space;
    }
    return names;
}

TEST_F(live_secret_store, gives_a_node_exactly_what_a_gateway_was_given) {
    with_secrets([](jetstream::context js, secret_store node, sealing_key key) -> awaitable<void> {
        const auto gateway = co_await secret_store::open(js);
        int count = 0;
        for (const auto& value : values()) {
            const auto name = secret("key-" + std::to_string(++count));
            co_await gateway.create(name, value);
            const auto read = co_await node.read(name, key);
            EXPECT_TRUE(read == value) << name.key();
        }
    });
}

TEST_F(live_secret_store, keeps_nothing_that_can_be_read_without_the_key) {
    with_secrets([](jetstream::context js, secret_store store, sealing_key) -> awaitable<void> {
        co_await store.create(secret("api-key"), "open-sesame");
        const auto bucket = co_await kv::bucket::open(js, "mote_secrets");
        const auto entry = co_await bucket.get("openfaas-fn.api-key");
        EXPECT_TRUE(entry.has_value());
        if (!entry) co_return;
        EXPECT_EQ(entry->value.size(), 11 + sealing_public_key::overhead);
        EXPECT_FALSE(contains(entry->value, "open-sesame"));
    });
}

TEST_F(live_secret_store, creates_what_is_not_there_and_updates_what_is) {
    with_secrets([](jetstream::context, secret_store store, sealing_key key) -> awaitable<void> {
        const auto name = secret("api-key");
        EXPECT_EQ((co_await failure_of(store.update(name, "0"))).code, errc::secret_not_found);
        co_await store.create(name, "1");
        EXPECT_EQ((co_await failure_of(store.create(name, "2"))).code, errc::secret_exists);
        EXPECT_EQ(co_await store.read(name, key), "1");
        co_await store.update(name, "3");
        EXPECT_EQ(co_await store.read(name, key), "3");
        co_await store.remove(name);
        EXPECT_EQ((co_await failure_of(store.read(name, key))).code, errc::secret_not_found);
        EXPECT_EQ((co_await failure_of(store.remove(name))).code, errc::secret_not_found);
        EXPECT_EQ((co_await failure_of(store.update(name, "4"))).code, errc::secret_not_found);
        co_await store.create(name, "5");
        EXPECT_EQ(co_await store.read(name, key), "5");
    });
}

TEST_F(live_secret_store, lists_the_names_of_one_namespace) {
    with_secrets([](jetstream::context js, secret_store store, sealing_key) -> awaitable<void> {
        EXPECT_EQ(co_await store.list("openfaas-fn"), std::vector<std::string>());
        for (const auto& name : some_names()) co_await store.create(secret(name), "value");
        co_await store.create(secret("other", "staging"), "value");
        co_await store.create(secret("gone"), "value");
        co_await store.remove(secret("gone"));
        const auto bucket = co_await kv::bucket::open(js, "mote_secrets");
        co_await bucket.put("openfaas-fn.NOT-A-NAME", "of somebody else");
        const auto found = co_await store.list("openfaas-fn");
        EXPECT_EQ(found, some_names());
        const auto others = co_await store.list("staging");
        EXPECT_EQ(others, std::vector<std::string>(1, "other"));
        EXPECT_EQ(co_await store.list("empty"), std::vector<std::string>());
        for (const auto& space : wrong_spaces())
            EXPECT_EQ((co_await failure_of(store.list(space))).code, errc::bad_name) << space;
    });
}

TEST_F(live_secret_store, keeps_secrets_of_one_name_apart_by_namespace) {
    with_secrets([](jetstream::context, secret_store store, sealing_key key) -> awaitable<void> {
        co_await store.create(secret("api-key", "a"), "of a");
        co_await store.create(secret("api-key", "b"), "of b");
        EXPECT_EQ(co_await store.read(secret("api-key", "a"), key), "of a");
        EXPECT_EQ(co_await store.read(secret("api-key", "b"), key), "of b");
        EXPECT_EQ((co_await failure_of(store.read(secret("api-key"), key))).code, errc::secret_not_found);
    });
}

TEST_F(live_secret_store, refuses_what_is_too_large_before_anything_is_stored) {
    with_secrets([](jetstream::context, secret_store store, sealing_key) -> awaitable<void> {
        const auto name = secret("large");
        const auto refused = co_await failure_of(store.create(name, std::string(secret_store::max_size + 1, 'x')));
        EXPECT_EQ(refused.code, errc::secret_too_large);
        EXPECT_FALSE(contains(refused.text, "xxx"));
        EXPECT_EQ(co_await store.list("openfaas-fn"), std::vector<std::string>());
        co_await store.create(name, "small");
        EXPECT_EQ((co_await failure_of(store.update(name, std::string(secret_store::max_size + 1, 'x')))).code,
                  errc::secret_too_large);
    });
}

TEST_F(live_secret_store, checks_names_again_that_were_not_parsed) {
    with_secrets([](jetstream::context, secret_store store, sealing_key key) -> awaitable<void> {
        for (const auto& wrong : wrong_names()) {
            EXPECT_EQ((co_await failure_of(store.create(wrong, "value"))).code, errc::bad_name) << wrong.key();
            EXPECT_EQ((co_await failure_of(store.update(wrong, "value"))).code, errc::bad_name) << wrong.key();
            EXPECT_EQ((co_await failure_of(store.remove(wrong))).code, errc::bad_name) << wrong.key();
            EXPECT_EQ((co_await failure_of(store.read(wrong, key))).code, errc::bad_name) << wrong.key();
        }
    });
}

TEST_F(live_secret_store, tells_a_gateway_that_no_node_has_published_a_key_yet) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        const auto store = co_await secret_store::open(js);
        const auto refused = co_await failure_of(store.create(secret("api-key"), "open-sesame"));
        EXPECT_EQ(refused.code, errc::no_sealing_key);
        EXPECT_TRUE(contains(refused.text, "no node has published its sealing key")) << refused.text;
        EXPECT_FALSE(contains(refused.text, "open-sesame"));
        EXPECT_EQ(co_await store.list("openfaas-fn"), std::vector<std::string>());
    });
}

TEST_F(live_secret_store, takes_the_same_key_from_many_nodes_and_no_other) {
    with_secrets([](jetstream::context, secret_store store, sealing_key key) -> awaitable<void> {
        co_await store.publish_key(key.public_key());
        const auto other = sealing_key::generate();
        const auto refused = co_await failure_of(store.publish_key(other.public_key()));
        EXPECT_EQ(refused.code, errc::other_sealing_key);
        EXPECT_TRUE(contains(refused.text, key.public_key().text())) << refused.text;
        EXPECT_TRUE(contains(refused.text, other.public_key().text())) << refused.text;
        co_await store.create(secret("api-key"), "value");
        EXPECT_EQ(co_await store.read(secret("api-key"), key), "value") << "the first key counts";
        EXPECT_EQ((co_await failure_of(store.read(secret("api-key"), other))).code, errc::bad_seal);
    });
}

TEST_F(live_secret_store, refuses_a_published_key_that_is_none) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        const auto store = co_await secret_store::open(js);
        const auto bucket = co_await kv::bucket::open(js, "mote_secrets");
        co_await bucket.put("_sealing_key", "x25519:junk");
        EXPECT_EQ((co_await failure_of(store.create(secret("api-key"), "value"))).code, errc::bad_key);
        EXPECT_EQ((co_await failure_of(store.publish_key(sealing_key::generate().public_key()))).code, errc::bad_key);
    });
}

TEST_F(live_secret_store, sees_a_value_that_was_moved_to_another_name_or_changed) {
    with_secrets([](jetstream::context js, secret_store store, sealing_key key) -> awaitable<void> {
        co_await store.create(secret("mine"), "open-sesame");
        const auto bucket = co_await kv::bucket::open(js, "mote_secrets");
        const auto entry = co_await bucket.get("openfaas-fn.mine");
        co_await bucket.put("openfaas-fn.yours", entry->value);
        co_await bucket.put("other.mine", entry->value);
        co_await bucket.put("openfaas-fn.empty", "");
        auto changed = entry->value;
        changed.back() = static_cast<char>(changed.back() ^ 1);
        co_await bucket.put("openfaas-fn.changed", changed);
        EXPECT_EQ(co_await store.read(secret("mine"), key), "open-sesame");
        for (const auto& name : moved_or_changed()) {
            const auto refused = co_await failure_of(store.read(name, key));
            EXPECT_EQ(refused.code, errc::bad_seal) << name.key();
            EXPECT_TRUE(contains(refused.text, name.key())) << refused.text;
            EXPECT_FALSE(contains(refused.text, "open-sesame")) << refused.text;
        }
    });
}

TEST_F(live_secret_store, lets_one_of_many_create_a_secret_and_all_of_them_update_it) {
    with_secrets([](jetstream::context js, secret_store store, sealing_key key) -> awaitable<void> {
        constexpr int many = 10;
        std::vector<std::shared_ptr<test::outcome>> under_way;
        for (int i = 0; i < many; ++i)
            under_way.push_back(test::start(js.connection(), store.create(secret("api-key"), std::to_string(i))));
        int made = 0;
        for (const auto& each : under_way) {
            EXPECT_TRUE(co_await test::ends(each));
            made += each->seen.code ? 0 : 1;
            EXPECT_TRUE(!each->seen.code || each->seen.code == errc::secret_exists) << each->seen.text;
        }
        EXPECT_EQ(made, 1);

        under_way.clear();
        for (int i = 0; i < many; ++i)
            under_way.push_back(test::start(js.connection(), store.update(secret("api-key"), "new")));
        for (const auto& each : under_way) {
            EXPECT_TRUE(co_await test::ends(each));
            EXPECT_FALSE(each->seen.code) << each->seen.text;
        }
        EXPECT_EQ(co_await store.read(secret("api-key"), key), "new");
    });
}

TEST_F(live_secret_store, keeps_all_over_a_restart_of_the_server) {
    with_jetstream([](nats_server& server, jetstream::context js) -> awaitable<void> {
        const auto store = co_await secret_store::open(js);
        const auto key = sealing_key::generate();
        co_await store.publish_key(key.public_key());
        co_await store.create(secret("api-key"), "value");
        server.restart();
        co_await test::wait_reconnected(js.connection(), 1);
        const auto again = co_await secret_store::open(js);
        co_await again.publish_key(key.public_key());
        EXPECT_EQ(co_await again.read(secret("api-key"), key), "value");
    });
}

TEST(secret_name, is_a_key_in_the_bucket) {
    EXPECT_EQ(secret("tls.crt", "ns").key(), "ns.tls.crt");
    EXPECT_EQ(secret("a").key(), "openfaas-fn.a");
    for (const auto& [name, space] : std::vector<std::pair<std::string, std::string>>{
             {"", ""}, {"A", ""}, {"a..b", ""}, {"a", "b.c"}, {"a", "B"}}) {
        try {
            secret(name, space);
            ADD_FAILURE() << name << " in " << space << " was taken";
        } catch (const boost::system::system_error& refused) {
            EXPECT_EQ(refused.code(), errc::bad_name);
        }
    }
}

}  // namespace
}  // namespace mote::functions
