#pragma once

#include <tests/jetstream/live_test.hpp>

#include <mote/functions/async_queue.hpp>
#include <mote/functions/async_worker.hpp>
#include <mote/functions/description.hpp>
#include <mote/functions/function_store.hpp>
#include <mote/functions/function_table.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mote::test {

using namespace std::chrono_literals;

/// Quick to look, to notice who is gone, and to give a callback another try.
inline functions::async_worker_options quick_worker() {
    functions::async_worker_options opts;
    opts.ack_wait = 2s;
    opts.look_every = 500ms;
    opts.timeout = 10s;
    opts.callback.min_wait = 20ms;
    opts.callback.max_wait = 100ms;
    return opts;
}

inline functions::function_name fn(const std::string& name) { return functions::function_name::parse(name); }

inline functions::description described(const std::string& name, functions::text_map annotations = {}) {
    functions::description what;
    what.wanted.service = name;
    what.wanted.image = "test";
    what.wanted.annotations = std::move(annotations);
    return what;
}

/// Annotations of a function that is tried again soon.
inline functions::text_map retries(const std::string& attempts, const std::string& wait = "50ms") {
    return {{"com.openfaas.retry.attempts", attempts},
            {"com.openfaas.retry.min_wait", wait},
            {"com.openfaas.retry.max_wait", wait}};
}

inline functions::async_call call_of(const std::string& name, const std::string& id, const std::string& body = {}) {
    functions::async_call call;
    call.function = fn(name);
    call.call_id = id;
    call.body = body;
    return call;
}

/// What a function said: an HTTP status with a body.
inline nats::headers status_headers(int status) {
    nats::headers headers;
    headers.set("Http-Status", std::to_string(status));
    return headers;
}

/// A function as a node serves it; keeps what it was asked.
class served_function {
public:
    using handler = std::function<void(const nats::connection&, const nats::message_view&, std::size_t asked_before)>;

    served_function(const nats::connection& connection, const std::string& name, handler answer)
        : calls_(std::make_shared<std::vector<nats::message>>()) {
        nats::subscribe_options opts;
        opts.queue_group = "fn";
        subscription_ = connection.subscribe(
            fn(name).subject(),
            [connection, answer = std::move(answer), calls = calls_](const nats::message_view& asked) {
                const auto before = calls->size();
                calls->emplace_back(asked);
                answer(connection, asked, before);
            },
            opts);
    }

    const std::vector<nats::message>& calls() const noexcept { return *calls_; }
    std::size_t asked() const noexcept { return calls_->size(); }
    const nats::message& call(std::size_t number) const { return calls_->at(number); }

private:
    std::shared_ptr<std::vector<nats::message>> calls_;
    nats::subscription subscription_;
};

inline served_function::handler echo() {
    return [](const nats::connection& nc, const nats::message_view& asked, std::size_t) {
        nc.respond(asked, asked.payload);
    };
}

inline served_function::handler answers(int status, const std::string& body = {}) {
    return [status, body](const nats::connection& nc, const nats::message_view& asked, std::size_t) {
        const auto headers = status_headers(status);
        nc.respond(asked, body, &headers);
    };
}

/// Takes calls and never answers.
inline served_function::handler silent() {
    return [](const nats::connection&, const nats::message_view&, std::size_t) {};
}

/// A queue, the functions that there are, and as many workers as a test wants; all on one connection.
struct async_world {
    async_world(jetstream::context context, functions::function_store functions, functions::async_queue calls)
        : js(std::move(context)), nc(js.connection()), store(std::move(functions)), queue(std::move(calls)) {
        functions::table_hooks told;
        told.on_change = [this](const functions::function_name& name, const functions::stored_function*) {
            if (worker) worker->function_changed(name);
        };
        table = std::make_unique<functions::function_table>(js, store, std::move(told));
    }

    asio::awaitable<void> deploy(functions::description what) {
        const auto name = what.name();
        co_await store.create(std::move(what));
        const bool seen = co_await eventually([this, &name] { return table->find(name) != nullptr; });
        EXPECT_TRUE(seen) << name.full();
    }
    asio::awaitable<void> start_worker(functions::async_worker_options opts) {
        opts.on_trouble = [said = troubles](const std::string& text) { said->push_back(text); };
        worker = std::make_unique<functions::async_worker>(js, store, *table, std::move(opts));
        co_await worker->start();
    }
    /// The record of a call as soon as it is in that state; the last one seen after a minute.
    asio::awaitable<functions::call_record> wait_for(std::string id, functions::call_state wanted) {
        return wait_until(std::move(id), [wanted](const functions::call_record& seen) { return seen.state == wanted; });
    }
    asio::awaitable<functions::call_record> wait_until(std::string id,
                                                       std::function<bool(const functions::call_record&)> good) {
        const auto deadline = std::chrono::steady_clock::now() + 1min;
        asio::steady_timer pause(co_await asio::this_coro::executor);
        functions::call_record last;
        while (std::chrono::steady_clock::now() < deadline) {
            const auto seen = co_await queue.state(id);
            if (seen) last = *seen;
            if (seen && good(last)) co_return last;
            pause.expires_after(5ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        ADD_FAILURE() << "call " << id << " is " << functions::to_text(last.state)
                      << " after a minute: " << last.reason;
        co_return last;
    }
    asio::awaitable<void> end() {
        if (worker) co_await worker->stop(5s);
        co_await table->stop();
    }

    jetstream::context js;
    nats::connection nc;
    functions::function_store store;
    functions::async_queue queue;
    std::unique_ptr<functions::function_table> table;
    std::unique_ptr<functions::async_worker> worker;
    std::shared_ptr<std::vector<std::string>> troubles = std::make_shared<std::vector<std::string>>();
};

/// Tests with a server, a queue and no worker yet.
class live_async : public live_test {
protected:
    template <class Body>
    void in_world(Body body, functions::async_queue_options opts = {}, nats_server_options server = {}) {
        with_jetstream(
            [body, opts](nats_server& running, jetstream::context js) -> asio::awaitable<void> {
                return prepared(running, std::move(js), opts, body);
            },
            std::move(server));
    }

private:
    template <class Body>
    static asio::awaitable<void> prepared(nats_server& server, jetstream::context js,
                                          functions::async_queue_options opts, Body body) {
        auto store = co_await functions::function_store::open(js);
        auto queue = co_await functions::async_queue::open(js, opts);
        async_world world(js, std::move(store), std::move(queue));
        co_await world.table->ready(10s);
        co_await body(server, world);
        co_await world.end();
    }
};

}  // namespace mote::test
