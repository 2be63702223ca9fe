#include <mote/node/detail/function_host.hpp>

#include <mote/functions/error.hpp>
#include <mote/http/status.hpp>
#include <mote/json/encode.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/plain_reason.hpp>
#include <mote/node/error.hpp>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/describe/class.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <functional>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::size_t most_calls = 65'536;  // of one function, waiting ones included

/// What the service's statistics say in `data`.
struct refusals {
    std::uint64_t refused = 0;   // 429, 501, 503 and 504 of the node itself
    std::string last_refusal{};  // "<status>:<text>"
};
BOOST_DESCRIBE_STRUCT(refusals, (), (refused, last_refusal))

/// One of the paths that of-watchdog answers: a function of its modes does not get it.
bool is_probe(const function_call& call, run_mode mode) {
    return is_of_watchdog(call.path()) && mode != run_mode::classic && mode != run_mode::micro;
}

void answer_probe(function_call& call) {
    const bool is_allowed = call.path() != health_path || call.method() == "GET" || call.method() == "HEAD";
    http::header_list type;
    type.emplace_back("Content-Type", "text/plain; charset=utf-8");
    if (is_allowed)
        call.respond(http::status::ok, {}, "OK", type);
    else
        call.respond(http::status::method_not_allowed, {}, "ask it with GET", type);
}

}  // namespace

function_host::function_host(std::shared_ptr<node_parts> parts, std::shared_ptr<call_table> calls,
                             functions::function_name name)
    : keep_(std::move(parts)), parts_(*keep_), table_(std::move(calls)), name_(std::move(name)) {}

void function_host::apply(const functions::description& what) {
    if (replicas_ == nullptr)
        replicas_ = std::make_shared<replica_set>(parts_, name_, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->on_replicas();
        });
    // Whoever deploys it, or wants it to run again, has as long to call it as if he had called it now.
    const auto runs = [](const functions::description& one) { return one.replicas != 0 && !one.paused; };
    if (what_ != nullptr && runs(what) && (!runs(*what_) || what.generation != what_->generation))
        last_call_ = clock::now();
    what_ = std::make_shared<const functions::description>(what);
    start_patience_ = parts_.opts.start_timeout;
    try {
        scaling_ = functions::scale_settings::of(what);
        start_patience_ = start_patience(parts_.opts, what);
    } catch (const boost::system::system_error& error) {
        parts_.note(name_.full() + ": " + error.what());
    }
    const auto scales = [](const auto& label) { return label.first.starts_with("com.openfaas.scale."); };
    scales_itself_ = what.wanted.labels && std::ranges::any_of(*what.wanted.labels, scales);
    if (what.replicas != 0) woken_ = false;
    const std::uint32_t wanted = what.paused ? 0 : std::max<std::uint32_t>(what.replicas, woken_ ? 1 : 0);
    replicas_->want(what_, wanted);
    on_replicas();
}

functions::scale_settings function_host::scaling() const noexcept {
    auto result = scaling_;
    if (replicas_ != nullptr && replicas_->has_one_place()) result.max = result.min;
    return result;
}

bool function_host::serves_itself() const noexcept {
    const auto one = replicas_ != nullptr ? replicas_->newest() : nullptr;
    return one != nullptr && one->from().settings().mode == run_mode::micro;
}

std::chrono::steady_clock::time_point function_host::last_call() const noexcept {
    return serves_itself() && !scales_itself_ ? clock::now() : last_call_;
}

void function_host::measure() {
    if (!serves_itself() || !scales_itself_) {
        served_in_flight_ = 0;
    } else if (!std::exchange(asking_, true)) {
        asio::co_spawn(parts_.connection.executor(), ask_replicas(shared_from_this()),
                       [self = shared_from_this()](const std::exception_ptr&) { self->asking_ = false; });
    }
}

asio::awaitable<void> function_host::ask_replicas(std::shared_ptr<function_host> self) {
    const auto all = self->replicas_->all();
    std::size_t in_flight = 0;
    for (const auto& one : all) {
        const auto said = co_await one->ask_calls();
        const bool is_busy = !said || said->calls != 0 || said->in_flight != 0;
        if (is_busy) self->last_call_ = clock::now();
        if (!said) continue;
        self->calls_ += said->calls;
        in_flight += said->in_flight;
    }
    self->served_in_flight_ = in_flight;
}

/// A function that serves itself needs nobody here to take its calls.
void function_host::open_or_close() {
    const bool by_itself = serves_itself();
    const auto ignore = [](const std::exception_ptr&) {};
    if (by_itself && service_ != nullptr) {
        asio::co_spawn(parts_.connection.executor(), close(shared_from_this(), std::exchange(service_, nullptr)),
                       ignore);
    } else if (!by_itself && service_ == nullptr && !stopped_) {
        asio::co_spawn(parts_.connection.executor(), open(shared_from_this()), ignore);
    }
}

asio::awaitable<void> function_host::close(std::shared_ptr<function_host> self, std::shared_ptr<micro::service> gone) {
    co_await gone->stop(self->parts_.opts.start_timeout);
}

/// The service with its one endpoint, not started.
std::shared_ptr<micro::service> function_host::make_service() {
    micro::service_config config;
    config.name = name_.service();
    config.version = "1.0.0";
    config.description = std::string(what_->annotation("description"));
    if (config.description.empty()) config.description = "function " + name_.full();
    config.metadata.emplace("function.name", name_.full());
    config.metadata.emplace("function.node", parts_.id);
    config.queue_group = "fn";
    config.stats_handler = [weak = weak_from_this()](const micro::endpoint_info&) {
        const auto self = weak.lock();
        return self != nullptr ? self->statistics() : std::string();
    };
    config.on_error = [parts = keep_](const micro::failure& what) {
        parts->note(what.subject + ": " + what.error + ": " + what.cause);
    };
    auto made = std::make_shared<micro::service>(std::move(config));
    micro::endpoint_options opts;
    opts.subject = name_.subject();
    opts.metadata.emplace("function.reply", "stream");  // or once
    opts.metadata.emplace("function.body", "stream");   // or in the request
    opts.max_in_flight = most_calls;
    opts.cancellable = false;  // `call_table` hears it, once for all functions
    const auto weak = weak_from_this();
    made->endpoint("call", [weak](micro::request asked) { return handle(weak.lock(), std::move(asked)); }, opts);
    return made;
}

asio::awaitable<void> function_host::open(std::shared_ptr<function_host> self) {
    if (self->service_ != nullptr || self->stopped_) co_return;
    std::string failed;
    std::shared_ptr<micro::service> made;
    try {
        made = self->make_service();
        self->service_ = made;
        co_await made->start(self->parts_.connection);
    } catch (const std::exception& error) {
        failed = error.what();
    }
    // The next change tries again.
    if (!failed.empty() && self->service_ == made) self->service_.reset();
    self->served_ = true;
    if (!failed.empty()) self->parts_.note(self->name_.full() + ": cannot be served: " + failed);
}

asio::awaitable<void> function_host::handle(std::shared_ptr<function_host> self, micro::request asked) {
    if (self == nullptr || self->stopped_) {
        function_call::refuse(asked, http::status::service_unavailable, "the function is being removed");
        co_return;
    }
    ++self->calls_;
    ++self->in_flight_;
    self->last_call_ = clock::now();
    struct counted {
        function_host* host;
        ~counted() {
            --host->in_flight_;
            host->last_call_ = clock::now();
        }
    };
    const counted here{self.get()};
    auto call = std::make_shared<function_call>(self->parts_.connection, std::move(asked));
    call_table::entry entry(*self->table_, call->cancel_token());
    int status = 0;
    std::string text;
    auto work = asio::co_spawn(self->parts_.connection.executor(), answer(self, call),
                               asio::bind_cancellation_slot(entry.slot(), asio::use_awaitable));
    try {
        co_await std::move(work);
    } catch (const micro::service_error& error) {
        status = error.status();
        text = error.description();
    } catch (const boost::system::system_error& error) {
        const bool given_up = error.code() == asio::error::operation_aborted;
        status = entry.cancelled() ? http::status::caller_gone
                 : given_up        ? http::status::gateway_timeout
                                   : http_status(error.code());
        text = entry.cancelled() ? "cancelled" : given_up ? "the call was given up" : nats::plain_reason(error.what());
    }
    if (status == 0) co_return;
    self->refuse(*call, status, text);
}

/// Those statuses that say more than a service error can; all else is one, and counted by the service.
void function_host::refuse(function_call& call, int status, const std::string& text) {
    const bool says_when = status == http::status::too_many_requests || status == http::status::not_implemented ||
                           status == http::status::service_unavailable || status == http::status::gateway_timeout;
    if (call.is_answered()) return;
    if (!says_when) throw micro::service_error(status, text);
    ++refused_;
    last_refusal_ = std::to_string(status) + ':' + text;
    call.refuse(status, text);
}

/// For the service's statistics, beside what it counts itself.
std::string function_host::statistics() const {
    refusals told;
    told.refused = refused_;
    told.last_refusal = last_refusal_;
    return json::encode(told);
}

asio::awaitable<void> function_host::answer(std::shared_ptr<function_host> self, std::shared_ptr<function_call> call) {
    if (self->what_->paused) throw micro::service_error(http::status::service_unavailable, "the function is paused");
    auto chosen = self->replicas_->choose();
    if (chosen == nullptr) chosen = co_await self->wait_for_replica(call);
    const auto& settings = chosen->from().settings();
    const bool is_asked_how_it_is = is_probe(*call, settings.mode);
    if (is_asked_how_it_is && call->path() == health_path) co_return answer_probe(*call);
    call->limit(settings.exec_timeout);
    const auto most = settings.max_inflight;
    if (most != 0 && chosen->in_flight() >= most)
        throw micro::service_error(
            http::status::too_many_requests,
            "the function's replicas have " + std::to_string(most) + " calls each, which is the most they take");
    if (is_asked_how_it_is) {
        const bool knows_itself = !settings.ready_path.empty() && !is_of_watchdog(settings.ready_path);
        if (!knows_itself) co_return answer_probe(*call);
        call->ask_for(settings.ready_path);
    }
    const replica::place taken(chosen);
    co_await chosen->serve(call);
}

asio::awaitable<std::shared_ptr<replica>> function_host::wait_for_replica(std::shared_ptr<function_call> call) {
    if (waiting_.size() >= parts_.opts.max_waiting)
        throw micro::service_error(http::status::too_many_requests, "too many calls wait for the function to start");
    const auto until = std::min(call->deadline(), clock::now() + start_patience_);
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
        auto found = replicas_->choose();
        if (found != nullptr) co_return found;
        if (stopped_ || what_->paused)
            throw micro::service_error(http::status::service_unavailable, "the function was taken away");
        if (replicas_->failing())
            throw micro::service_error(replicas_->trouble_status(),
                                       "the function does not start: " + replicas_->trouble());
        const bool changed = co_await here->wait_until(until);
        if (!changed && clock::now() >= until)
            throw micro::service_error(http::status::gateway_timeout, "the function did not start in time");
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

/// It needs no other version any more.
void function_host::note_ready() {
    const auto generation = what_->generation;
    if (!what_->previous || noted_ == generation || replicas_->ready_generation() != generation) return;
    noted_ = generation;
    asio::co_spawn(parts_.connection.executor(), store_ready(shared_from_this(), generation),
                   [](const std::exception_ptr&) {});
}

asio::awaitable<void> function_host::store_ready(std::shared_ptr<function_host> self, std::uint64_t generation) {
    const auto edit = [generation](functions::description& what) {
        if (what.generation == generation) what.previous.reset();
    };
    std::string failed;
    try {
        std::function<void(functions::description&)> change = edit;
        co_await self->parts_.store.change(self->name_, change);
    } catch (const boost::system::system_error& error) {
        if (error.code() != functions::errc::function_not_found) failed = error.what();
    }
    if (!failed.empty()) self->parts_.note(self->name_.full() + ": cannot be noted as ready: " + failed);
}

void function_host::on_replicas() {
    open_or_close();
    note_ready();
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

void function_host::abandon() noexcept {
    stopped_ = true;
    for (auto& one : waiting_) one.set();
    service_.reset();
    if (replicas_ != nullptr) replicas_->abandon();
}

functions::function_state function_host::state() const {
    functions::function_state result;
    result.key = name_.key();
    result.generation = replicas_->ready_generation();
    result.ready = replicas_->ready();
    result.starting = replicas_->starting();
    result.in_flight = static_cast<std::uint32_t>(in_flight());
    result.calls = calls_;
    result.millicores = millicores_;
    const auto used = replicas_->usage();
    result.memory = static_cast<double>(used.memory);
    // Of its processes; while it has none, what they would have.
    result.limits = used.limits.empty() ? process::control_group_kind() : used.limits;
    if (result.limits != "rlimits") result.cpu_seconds = std::chrono::duration<double>(used.cpu_time).count();
    const auto has_sandbox = [](const auto& one) { return one->from().is_sandboxed(); };
    const auto& all = replicas_->all();
    const bool sandboxed = all.empty() ? parts_.has_sandbox() : std::all_of(all.begin(), all.end(), has_sandbox);
    result.sandbox = sandboxed ? "bubblewrap" : "none";
    if (serves_itself()) result.by_itself = true;
    result.trouble = replicas_->trouble();
    return result;
}

}  // namespace mote::node::detail
