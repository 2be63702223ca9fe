#include <mote/node/detail/function_host.hpp>

#include <mote/functions/error.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/node/error.hpp>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <functional>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::size_t most_calls = 65'536;  // of one function, waiting ones included
constexpr int status_cancelled = 499;
constexpr int status_too_many = 429;
constexpr int status_unavailable = 503;
constexpr int status_timeout = 504;

}  // namespace

function_host::function_host(node_parts& parts, call_table& calls, functions::function_name name)
    : parts_(parts), table_(calls), name_(std::move(name)) {}

void function_host::apply(const functions::description& what) {
    if (replicas_ == nullptr)
        replicas_ = std::make_shared<replica_set>(parts_, name_, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->on_replicas();
        });
    what_ = std::make_shared<const functions::description>(what);
    try {
        scaling_ = functions::scale_settings::of(what);
    } catch (const boost::system::system_error& error) {
        parts_.note(name_.full() + ": " + error.what());
    }
    if (what.replicas != 0) woken_ = false;
    const std::uint32_t wanted = what.paused ? 0 : std::max<std::uint32_t>(what.replicas, woken_ ? 1 : 0);
    replicas_->want(what_, wanted);
    on_replicas();
}

/// A function that serves itself needs nobody here to take its calls.
void function_host::open_or_close() {
    const auto one = replicas_->choose();
    const bool serves_itself = one != nullptr && one->from().settings().mode == run_mode::micro;
    const auto ignore = [](const std::exception_ptr&) {};
    if (serves_itself && service_ != nullptr) {
        asio::co_spawn(parts_.connection.executor(), close(shared_from_this(), std::exchange(service_, nullptr)),
                       ignore);
    } else if (!serves_itself && service_ == nullptr && !stopped_) {
        asio::co_spawn(parts_.connection.executor(), open(shared_from_this()), ignore);
    }
}

asio::awaitable<void> function_host::close(std::shared_ptr<function_host> self, std::shared_ptr<micro::service> gone) {
    co_await gone->stop(self->parts_.opts.start_timeout);
}

/// The service with its one endpoint, not started.
std::shared_ptr<micro::service> function_host::make_service() {
    micro::service_config config;
    config.name = name_.name;
    config.version = "1.0.0";
    config.description = std::string(what_->annotation("description"));
    if (config.description.empty()) config.description = "function " + name_.full();
    config.metadata.emplace("function.name", name_.full());
    config.metadata.emplace("function.node", parts_.id);
    config.queue_group = "fn";
    config.on_error = [parts = &parts_](const micro::failure& what) {
        parts->note(what.subject + ": " + what.error + ": " + what.cause);
    };
    auto made = std::make_shared<micro::service>(std::move(config));
    micro::endpoint_options opts;
    opts.subject = name_.subject();
    opts.metadata.emplace("function.reply", "stream");  // or once
    opts.metadata.emplace("function.body", "stream");   // or in the request
    opts.max_in_flight = most_calls;
    const auto weak = weak_from_this();
    made->endpoint("call", [weak](micro::request asked) { return handle(weak.lock(), std::move(asked)); }, opts);
    return made;
}

asio::awaitable<void> function_host::open(std::shared_ptr<function_host> self) {
    if (self->service_ != nullptr || self->stopped_) co_return;
    std::string failed;
    try {
        self->service_ = self->make_service();
        const auto made = self->service_;
        co_await made->start(self->parts_.connection);
    } catch (const std::exception& error) {
        failed = error.what();
    }
    self->served_ = true;
    if (!failed.empty()) self->parts_.note(self->name_.full() + ": cannot be served: " + failed);
}

asio::awaitable<void> function_host::handle(std::shared_ptr<function_host> self, micro::request asked) {
    if (self == nullptr || self->stopped_)
        throw micro::service_error(status_unavailable, "the function is being removed");
    ++self->calls_;
    ++self->in_flight_;
    self->last_call_ = clock::now();
    struct counted {
        function_host* host;
        ~counted() { --host->in_flight_; }
    };
    const counted here{self.get()};
    const auto set = self->replicas_;
    const auto one = set->choose();
    const auto longest = one != nullptr ? one->from().settings().exec_timeout : std::chrono::nanoseconds(0);
    auto call = std::make_shared<function_call>(self->parts_.connection, std::move(asked), longest);
    call_table::entry entry(self->table_, call->call_id());
    boost::system::error_code failed;
    std::string text;
    auto work = asio::co_spawn(self->parts_.connection.executor(), answer(self, call),
                               asio::bind_cancellation_slot(entry.slot(), asio::use_awaitable));
    try {
        co_await std::move(work);
    } catch (const micro::service_error&) {
        throw;
    } catch (const boost::system::system_error& error) {
        failed = error.code();
        text = error.what();
    }
    if (!failed) co_return;
    if (entry.cancelled()) throw micro::service_error(status_cancelled, "cancelled");
    if (failed == asio::error::operation_aborted) throw micro::service_error(status_timeout, "the call was given up");
    throw micro::service_error(http_status(failed), text);
}

asio::awaitable<void> function_host::answer(std::shared_ptr<function_host> self, std::shared_ptr<function_call> call) {
    const auto chosen = co_await self->find_replica(call);
    const auto most = chosen->from().settings().max_inflight;
    if (most != 0 && chosen->in_flight() >= most)
        throw micro::service_error(status_too_many, "the function's replicas have " + std::to_string(most) +
                                                        " calls each, which is the most they take");
    const replica::place taken(chosen);
    co_await chosen->serve(call);
}

asio::awaitable<std::shared_ptr<replica>> function_host::find_replica(std::shared_ptr<function_call> call) {
    if (what_->paused) throw micro::service_error(status_unavailable, "the function is paused");
    auto found = replicas_->choose();
    if (found != nullptr) co_return found;
    if (waiting_.size() >= parts_.opts.max_waiting)
        throw micro::service_error(status_too_many, "too many calls wait for the function to start");
    const auto until = std::min(call->deadline(), clock::now() + parts_.opts.start_timeout);
    wake();
    waiting_.emplace_back(parts_.connection.executor());
    const auto here = std::prev(waiting_.end());
    struct leave {
        std::list<nats::async_event>& list;
        std::list<nats::async_event>::iterator at;
        ~leave() { list.erase(at); }
    };
    const leave guard{waiting_, here};
    for (;;) {
        found = replicas_->choose();
        if (found != nullptr) co_return found;
        if (stopped_ || what_->paused) throw micro::service_error(status_unavailable, "the function was taken away");
        if (replicas_->failing())
            throw micro::service_error(status_unavailable, "the function does not start: " + replicas_->trouble());
        const bool changed = co_await here->wait_until(until);
        if (!changed && clock::now() >= until)
            throw micro::service_error(status_timeout, "the function did not start in time");
    }
}

void function_host::wake() {
    if (what_->replicas != 0 || woken_) return;
    woken_ = true;
    replicas_->want(what_, 1);
    asio::co_spawn(parts_.connection.executor(), store_wake(shared_from_this()), [](const std::exception_ptr&) {});
}

/// Others see that it runs; if they cannot, it runs all the same.
asio::awaitable<void> function_host::store_wake(std::shared_ptr<function_host> self) {
    const auto at_least = std::max<std::uint32_t>(self->scaling_.min, 1);
    const auto edit = [at_least](functions::description& what) {
        if (what.replicas == 0 && !what.paused) what.replicas = at_least;
    };
    std::string failed;
    try {
        std::function<void(functions::description&)> change = edit;
        co_await self->parts_.store.change(self->name_, change);
    } catch (const boost::system::system_error& error) {
        failed = error.what();
    }
    if (!failed.empty()) self->parts_.note(self->name_.full() + ": cannot be noted as running: " + failed);
}

void function_host::on_replicas() {
    open_or_close();
    for (auto& one : waiting_) one.set();
    parts_.changed();
}

asio::awaitable<void> function_host::stop(std::chrono::nanoseconds patience) {
    const auto self = shared_from_this();
    stopped_ = true;
    for (auto& one : waiting_) one.set();
    try {
        const auto serving = service_;
        if (serving != nullptr) co_await serving->stop(patience);
    } catch (const boost::system::system_error& error) {
        parts_.note(name_.full() + ": " + error.what());
    }
    co_await replicas_->stop(patience);
}

functions::function_state function_host::state() const {
    functions::function_state result;
    result.key = name_.key();
    result.generation = replicas_->ready_generation();
    result.ready = replicas_->ready();
    result.starting = replicas_->starting();
    result.in_flight = static_cast<std::uint32_t>(in_flight_);
    result.calls = calls_;
    result.millicores = millicores_;
    result.memory = static_cast<double>(replicas_->usage().memory);
    result.limits = process::control_group_kind();
    result.sandbox = parts_.opts.sandbox && process::sandbox_available().works ? "bubblewrap" : "none";
    result.trouble = replicas_->trouble();
    return result;
}

}  // namespace mote::node::detail
