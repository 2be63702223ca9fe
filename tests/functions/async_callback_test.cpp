// Results that are posted to the caller: what is sent, and receivers that fail.

#include <tests/functions/async_world.hpp>
#include <tests/support/loopback.hpp>

#include <mote/functions/error.hpp>
#include <mote/http/server.hpp>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace mote::test {
namespace {

using functions::call_record;
using functions::call_state;
using functions::callback_state;

class async_callback : public live_async {};

/// What a receiver was sent.
struct received_post {
    std::string method;
    std::string target;
    http::header_list headers;
    std::string body;

    std::string header(std::string_view name) const {
        for (const auto& [each, value] : headers)
            if (http::same_name(each, name)) return value;
        return {};
    }
};

/// Answers callbacks with the statuses given, the last one for all that follow.
class receiver {
public:
    template <class... Status>
    explicit receiver(const nats::connection& nc, Status... statuses)
        : posts_(std::make_shared<std::vector<received_post>>()),
          server_(nc.executor(), http::server_options(), handler(posts_, {statuses...})) {}

    std::string url(const std::string& user = {}) const {
        return "http://" + user + "127.0.0.1:" + std::to_string(server_.port()) + "/done?for=me";
    }
    const std::vector<received_post>& posts() const noexcept { return *posts_; }
    asio::awaitable<void> stop() { return server_.stop(1s); }

private:
    static http::server_handler handler(std::shared_ptr<std::vector<received_post>> posts, std::vector<int> statuses) {
        return http::server_handler([posts = std::move(posts), statuses = std::move(statuses)](http::exchange& asked) {
            received_post post;
            post.method = asked.method();
            post.target = asked.target();
            for (const auto& each : asked.headers()) post.headers.emplace_back(each.name, each.value);
            post.body = asked.body();
            const auto status = statuses.at(std::min(posts->size(), statuses.size() - 1));
            posts->push_back(std::move(post));
            asked.respond(status, {{"Location", "http://127.0.0.1:1/elsewhere"}});
        });
    }

    std::shared_ptr<std::vector<received_post>> posts_;
    http::server server_;
};

/// Takes callbacks and answers none of them until it is told to.
class silent_receiver {
public:
    explicit silent_receiver(const nats::connection& nc)
        : server_(nc.executor(), http::server_options(),
                  [this](http::exchange& asked) { return answer(this, &asked); }) {}

    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/"; }
    void answer_all() noexcept { answers_ = true; }
    std::size_t came() const noexcept { return came_; }
    asio::awaitable<void> stop() { return server_.stop(1s); }

private:
    static asio::awaitable<void> answer(silent_receiver* self, http::exchange* asked) {
        ++self->came_;
        asio::steady_timer pause(co_await asio::this_coro::executor);
        while (!self->answers_) {
            pause.expires_after(10ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        asked->respond(200);
    }

    bool answers_ = false;
    std::size_t came_ = 0;
    http::server server_;
};

bool settled(const call_record& record) {
    return record.callback == callback_state::delivered || record.callback == callback_state::failed;
}

functions::async_call with_callback(const std::string& id, const std::string& url, const std::string& body = {}) {
    auto call = call_of("echo", id, body);
    call.callback_url = url;
    call.callback_allow = functions::callback_rules::parse("127.0.0.1");
    return call;
}

served_function::handler with_headers(int status) {
    return [status](const nats::connection& nc, const nats::message_view& asked, std::size_t) {
        auto headers = status_headers(status);
        headers.add("Content-Type", "text/mine").add("X-Function-Status", "999").add("Connection", "close");
        nc.respond(asked, asked.payload, &headers);
    };
}

TEST_F(async_callback, posts_the_result_with_what_is_known_of_the_call) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", with_headers(201));
        receiver there(world.nc, 200);
        co_await world.start_worker(quick_worker());
        const std::string body("\0\xff", 2);
        co_await world.queue.enqueue(with_callback("c1", there.url(), body));
        const auto record = co_await world.wait_until("c1", settled);
        EXPECT_EQ(record.callback, callback_state::delivered);
        EXPECT_EQ(record.callback_tries, 1U);
        EXPECT_EQ(record.state, call_state::done);
        EXPECT_EQ(there.posts().size(), 1U);
        if (there.posts().empty()) co_return;
        const auto& post = there.posts()[0];
        EXPECT_EQ(post.method, "POST");
        EXPECT_EQ(post.target, "/done?for=me");
        EXPECT_EQ(post.body, body);
        EXPECT_EQ(post.header("Content-Type"), "text/mine");
        EXPECT_EQ(post.header("X-Call-Id"), "c1");
        EXPECT_EQ(post.header("X-Function-Name"), "echo.openfaas-fn");
        EXPECT_EQ(post.header("X-Function-Status"), "201");
        EXPECT_EQ(post.header("X-Retry"), "0");
        EXPECT_EQ(post.header("X-Retry-Max"), "9");
        EXPECT_EQ(post.header("X-Start-Time"), function.call(0).headers().get("X-Start-Time"));
        EXPECT_GT(std::stod(post.header("X-Duration-Seconds")), 0);
        EXPECT_TRUE(contains(post.header("User-Agent"), "mote")) << post.header("User-Agent");
        EXPECT_FALSE(function.call(0).headers().get("Mote-Callback-Url"));
        co_await there.stop();
    });
}

TEST_F(async_callback, says_how_often_the_function_was_tried_again) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo", retries("4", "20ms")));
        const served_function function(
            world.nc, "echo", [](const nats::connection& nc, const nats::message_view& asked, std::size_t nth) {
                const auto headers = status_headers(nth < 2 ? 503 : 200);
                nc.respond(asked, asked.payload, &headers);
            });
        receiver there(world.nc, 200);
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(with_callback("c1", there.url(), "x"));
        const auto record = co_await world.wait_until("c1", settled);
        EXPECT_EQ(record.attempts, 3U);
        EXPECT_EQ(record.max_attempts, 4U);
        EXPECT_EQ(there.posts().size(), 1U);
        if (there.posts().empty()) co_return;
        EXPECT_EQ(there.posts()[0].header("X-Retry"), "2");
        EXPECT_EQ(there.posts()[0].header("X-Retry-Max"), "3");
        co_await there.stop();
    });
}

TEST_F(async_callback, is_tried_again_while_the_receiver_fails_and_the_function_is_not) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", echo());
        receiver there(world.nc, 500, 503, 429, 204);
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(with_callback("c1", there.url(), "x"));
        const auto record = co_await world.wait_until("c1", settled);
        EXPECT_EQ(record.callback, callback_state::delivered);
        EXPECT_EQ(record.callback_tries, 4U);
        EXPECT_EQ(there.posts().size(), 4U);
        EXPECT_EQ(function.asked(), 1U);
        EXPECT_EQ(world.worker->stats().total.callbacks, 1U);
        co_await there.stop();
    });
}

TEST_F(async_callback, that_is_not_answered_keeps_no_call_from_running_and_none_of_another_function_waiting) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        co_await world.deploy(described("other"));
        const served_function function(world.nc, "echo", echo());
        const served_function another(world.nc, "other", echo());
        silent_receiver silent(world.nc);
        receiver there(world.nc, 200);
        auto opts = quick_worker();
        opts.concurrency = 2;
        opts.callback.timeout = 5min;
        co_await world.start_worker(opts);
        const std::size_t at_once = 64;
        const std::size_t all = at_once + 6;
        for (std::size_t i = 0; i < all; ++i) {
            const auto call = with_callback("c" + std::to_string(i), silent.url());
            co_await world.queue.enqueue(call);
        }
        co_await world.queue.enqueue(call_of("echo", "plain"));
        auto elsewhere = with_callback("elsewhere", there.url());
        elsewhere.function = fn("other");
        co_await world.queue.enqueue(elsewhere);
        co_await world.wait_for("plain", call_state::done);
        const auto made = co_await world.wait_until("elsewhere", settled);
        EXPECT_EQ(made.callback, callback_state::delivered);
        EXPECT_EQ(silent.came(), at_once);
        EXPECT_EQ(function.asked(), all + 1) << "each ran once";

        silent.answer_all();
        for (std::size_t i = 0; i < all; ++i) {
            const auto record = co_await world.wait_until("c" + std::to_string(i), settled);
            EXPECT_EQ(record.callback, callback_state::delivered) << i;
            EXPECT_EQ(record.callback_tries, 1U) << i;
        }
        EXPECT_EQ(silent.came(), all);
        EXPECT_EQ(function.asked(), all + 1);
        co_await silent.stop();
        co_await there.stop();
    });
}

TEST_F(async_callback, is_given_up_in_the_end_and_the_result_stays) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", echo());
        receiver there(world.nc, 500);
        auto opts = quick_worker();
        opts.callback.tries = 3;
        co_await world.start_worker(opts);
        co_await world.queue.enqueue(with_callback("c1", there.url("user:secret@"), "x"));
        const auto record = co_await world.wait_until("c1", settled);
        EXPECT_EQ(record.callback, callback_state::failed);
        EXPECT_EQ(record.callback_tries, 3U);
        EXPECT_TRUE(contains(record.callback_trouble, "status 500")) << record.callback_trouble;
        EXPECT_FALSE(contains(record.callback_trouble, "secret")) << record.callback_trouble;
        EXPECT_EQ(record.state, call_state::done);
        EXPECT_EQ(record.body, "x");
        const bool told = co_await eventually([&world] { return !world.troubles->empty(); });
        EXPECT_TRUE(told);
        for (const auto& text : *world.troubles) EXPECT_FALSE(contains(text, "secret")) << text;
        const auto left = co_await world.queue.pending();
        EXPECT_TRUE(left.empty());
        co_await there.stop();
    });
}

TEST_F(async_callback, is_not_tried_again_when_it_is_refused_and_follows_no_redirect) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", echo());
        receiver there(world.nc, 404, 307);
        co_await world.start_worker(quick_worker());
        for (const char* id : {"c1", "c2"}) {
            co_await world.queue.enqueue(with_callback(id, there.url()));
            const auto record = co_await world.wait_until(id, settled);
            EXPECT_EQ(record.callback, callback_state::failed);
            EXPECT_EQ(record.callback_tries, 1U);
        }
        EXPECT_EQ(there.posts().size(), 2U);
        co_await there.stop();
    });
}

TEST_F(async_callback, is_given_up_when_nobody_listens) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", echo());
        auto opts = quick_worker();
        opts.callback.tries = 2;
        co_await world.start_worker(opts);
        const auto url = "http://127.0.0.1:" + std::to_string(free_port()) + "/";
        co_await world.queue.enqueue(with_callback("c1", url));
        const auto record = co_await world.wait_until("c1", settled);
        EXPECT_EQ(record.callback, callback_state::failed);
        EXPECT_EQ(record.callback_tries, 2U);
        EXPECT_EQ(record.state, call_state::done);
    });
}

/// As somebody queues it who does not look at the address: a name that only later became that of this machine.
asio::awaitable<void> queue_unchecked(async_world& world, std::string id, std::string url, std::string allow) {
    jetstream::publish_options opts;
    opts.message_id = id;
    opts.headers.set("X-Call-Id", id).set("Http-Method", "POST").set("Http-Path", "/").set("Mote-Callback-Url", url);
    if (!allow.empty()) opts.headers.set("Mote-Callback-Allow", allow);
    co_await world.js.publish("mote.async.openfaas-fn.echo", "x", opts);
}

TEST_F(async_callback, is_not_sent_to_an_address_that_is_not_allowed) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", echo());
        receiver there(world.nc, 200);
        co_await world.start_worker(quick_worker());
        const auto by_name = "http://localhost" + there.url().substr(there.url().rfind(':'));
        constexpr std::array rules{"", "*", "10.0.0.0/8 other.example", "no[sense"};
        for (std::size_t i = 0; i < rules.size(); ++i) {
            const auto id = "c" + std::to_string(i);
            const auto url = i % 2 == 0 ? there.url() : by_name;
            co_await queue_unchecked(world, id, url, rules[i]);
            const auto record = co_await world.wait_until(id, settled);
            EXPECT_EQ(record.callback, callback_state::failed) << rules[i];
            EXPECT_EQ(record.callback_tries, 1U) << "no later try will do better";
            EXPECT_TRUE(contains(record.callback_trouble, "the address is not allowed")) << record.callback_trouble;
            EXPECT_EQ(record.state, call_state::done);
        }
        EXPECT_EQ(there.posts().size(), 0U);
        EXPECT_EQ(world.worker->stats().total.callbacks_refused, rules.size());
        EXPECT_EQ(world.worker->stats().total.callbacks_failed, rules.size());
        EXPECT_EQ(world.troubles->size(), rules.size()) << "each is noted";
        co_await queue_unchecked(world, "allowed", by_name, "localhost");
        const auto record = co_await world.wait_until("allowed", settled);
        EXPECT_EQ(record.callback, callback_state::delivered) << record.callback_trouble;
        co_await there.stop();
    });
}

TEST_F(async_callback, is_not_kept_for_an_address_that_is_not_allowed) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        auto call = with_callback("c1", "http://127.0.0.1/");
        call.callback_allow = functions::callback_rules();
        boost::system::error_code code;
        try {
            co_await world.queue.enqueue(std::move(call));
        } catch (const boost::system::system_error& refused) {
            code = refused.code();
        }
        EXPECT_EQ(code, functions::errc::bad_callback);
        const auto kept = co_await world.queue.state("c1");
        EXPECT_FALSE(kept);
    });
}

TEST_F(async_callback, brings_an_answer_that_is_too_large_to_be_kept) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo"));
        const served_function function(world.nc, "echo", answers(200, std::string(5000, 'x')));
        receiver there(world.nc, 500, 200);
        auto opts = quick_worker();
        opts.keep_body = 1000;
        co_await world.start_worker(opts);
        co_await world.queue.enqueue(with_callback("c1", there.url()));
        const auto record = co_await world.wait_until("c1", settled);
        EXPECT_EQ(record.callback, callback_state::delivered);
        EXPECT_FALSE(record.body_kept);
        EXPECT_EQ(there.posts().back().body, std::string(5000, 'x'));
        EXPECT_EQ(function.asked(), 1U);
        co_await there.stop();
    });
}

TEST_F(async_callback, brings_the_last_answer_of_a_call_that_is_dead) {
    in_world([](nats_server&, async_world& world) -> asio::awaitable<void> {
        co_await world.deploy(described("echo", retries("2")));
        const served_function function(world.nc, "echo", answers(503, "busy"));
        receiver there(world.nc, 200);
        co_await world.start_worker(quick_worker());
        co_await world.queue.enqueue(with_callback("c1", there.url()));
        const auto record = co_await world.wait_until("c1", settled);
        EXPECT_EQ(record.state, call_state::dead);
        EXPECT_EQ(there.posts().size(), 1U);
        if (there.posts().empty()) co_return;
        EXPECT_EQ(there.posts()[0].body, "busy");
        EXPECT_EQ(there.posts()[0].header("X-Function-Status"), "503");
        co_await there.stop();
    });
}

}  // namespace
}  // namespace mote::test
