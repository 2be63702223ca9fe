#include <mote/node/detail/replica_set.hpp>

#include <mote/functions/error.hpp>
#include <mote/functions/next_version.hpp>
#include <mote/http/status.hpp>
#include <mote/nats/plain_reason.hpp>
#include <mote/node/detail/pause.hpp>
#include <mote/node/error.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <tuple>
#include <utility>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr auto between_looks = std::chrono::milliseconds(20);
/// For the calls of a replica that has no `exec_timeout`: their callers wait less.
constexpr auto longest_call = std::chrono::hours(1);

/// Another try will not help where this node cannot do what is asked for.
int status_of(const std::exception_ptr& thrown) {
    if (thrown == nullptr) return http::status::service_unavailable;
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
        return error.code() == errc::not_supported ? http_status(error.code()) : http::status::service_unavailable;
    } catch (...) {
        return http::status::service_unavailable;
    }
}

std::string reason_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
        return error.code() == errc::process_ended ? functions::detail_of(error) : nats::plain_reason(error.what());
    } catch (const std::exception& error) {
        return nats::plain_reason(error.what());
    } catch (...) {
        return "something that is no std::exception";
    }
}

bool has_room(const replica& one) {
    const auto most = one.from().settings().max_inflight;
    return most == 0 || one.in_flight() < most;
}

bool serves_itself(const replica& one) { return one.from().settings().mode == run_mode::micro; }

}  // namespace

replica_set::replica_set(node_parts& parts, functions::function_name name, std::function<void()> on_change)
    : keep_(parts.shared_from_this()),
      parts_(parts),
      name_(std::move(name)),
      on_change_(std::move(on_change)),
      retry_(parts.connection.executor()) {}

void replica_set::want(std::shared_ptr<const functions::description> what, std::uint32_t count) {
    if (newest_.what != nullptr && !newest_.is(what->generation)) {
        if (newest_.was_ready) previous_ = std::move(newest_);
        newest_ = version_run();  // another deployment may mend it
        previous_.failures = 0;
        previous_.forget_trouble();
        given_up_ = false;
    }
    newest_.what = std::move(what);
    count_ = count;
    if (!newest_.was_ready && previous_.what == nullptr && newest_.what->previous)
        previous_.what = std::make_shared<const functions::description>(functions::version_before(*newest_.what));
    reconcile();
}

version_run* replica_set::find(std::uint64_t generation) noexcept {
    if (newest_.is(generation)) return &newest_;
    return previous_.is(generation) ? &previous_ : nullptr;
}

std::uint32_t replica_set::count_of(const version_run& version) const noexcept {
    const auto is_one = [&version](const auto& one) { return version.is(one->generation()); };
    return static_cast<std::uint32_t>(std::count_if(replicas_.begin(), replicas_.end(), is_one));
}

/// Because the newest does not start. Where both would listen at one place, one of them is tried at a time.
bool replica_set::is_previous_needed() const noexcept {
    return previous_.what != nullptr && !newest_.was_ready && newest_.failures != 0 &&
           (given_up_ || !newest_.has_one_place);
}

bool replica_set::failing() const noexcept {
    return newest_.is_failing() && (!is_previous_needed() || previous_.is_failing());
}

void replica_set::reconcile() {
    if (stopped_ || newest_.what == nullptr) return;
    if (count_ == 0) given_up_ = false;
    const auto most = newest_.most_of(count_);
    const auto there = count_of(newest_);
    retire_older(there >= most ? 0 : count_ - there);
    for (auto surplus = there; surplus > most; --surplus) {
        const auto least = std::min_element(replicas_.begin(), replicas_.end(), [](const auto& a, const auto& b) {
            return a->in_flight() < b->in_flight();
        });
        retire(*least, longest_call_of(**least));
    }
    if (there >= most) newest_.forget_trouble();  // what did not start is not wanted any more
    auto next_try = clock::time_point::max();
    if (!given_up_) next_try = start_up_to(newest_, there);
    if (is_previous_needed()) next_try = std::min(next_try, start_up_to(previous_, ready()));
    if (next_try != clock::time_point::max()) reconcile_at(next_try);
}

/// Of the versions before the newest; the oldest go first, and then those that have the fewest calls.
void replica_set::retire_older(std::uint32_t keep) {
    auto older = replicas_;
    std::erase_if(older, [this](const auto& one) { return newest_.is(one->generation()); });
    if (older.size() <= keep) return;
    std::sort(older.begin(), older.end(), [](const auto& a, const auto& b) {
        return std::pair(a->generation(), a->in_flight()) < std::pair(b->generation(), b->in_flight());
    });
    older.resize(older.size() - keep);
    for (const auto& one : older) retire(one, longest_call_of(*one));
}

/// Starts what is missing; until when that has to wait, where it has to.
clock::time_point replica_set::start_up_to(version_run& version, std::uint32_t there) {
    const auto most = version.most_of(count_);
    there += version.starting;
    if (there < most && version.has_to_wait()) return version.next_try;
    for (; there < most; ++there) start_one(version);
    return clock::time_point::max();
}

void replica_set::reconcile_at(clock::time_point when) {
    retry_.expires_at(when);
    retry_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        const auto self = weak.lock();
        if (!cancelled && self != nullptr) self->reconcile();
    });
}

void replica_set::start_one(version_run& version) {
    ++starting_;
    version.note_start();
    if (&version == &previous_) parts_.logs.append(name_, parts_.id, "the version before is started again");
    auto instance = parts_.id + '-' + name_.space + '-' + name_.name + '-' + std::to_string(++parts_.instances);
    asio::co_spawn(parts_.connection.executor(), run_start(shared_from_this(), version.what, std::move(instance)),
                   [](const std::exception_ptr&) {});
}

asio::awaitable<void> replica_set::run_start(std::shared_ptr<replica_set> self,
                                             std::shared_ptr<const functions::description> what, std::string instance) {
    std::shared_ptr<replica> made;
    std::exception_ptr thrown;
    try {
        auto own = *what;
        own.previous.reset();
        std::shared_ptr<const launch> prepared = co_await launch::prepare(self->parts_, std::move(own));
        const bool is_wanted = co_await make_way(self, what->generation, prepared);
        if (is_wanted) {
            made = make_replica(self->parts_, std::move(prepared), std::move(instance));
            self->note_alive(made);
            co_await made->start();
        }
    } catch (...) {
        thrown = std::current_exception();
    }
    const bool is_good = thrown == nullptr && made != nullptr && made->trouble().empty() && !self->stopped_;
    const bool has_failed = !is_good && (thrown != nullptr || made != nullptr);
    const auto why = thrown != nullptr ? reason_of(thrown) : has_failed ? made->trouble() : std::string();
    const int status = status_of(thrown);
    if (!is_good && made != nullptr) co_await made->stop();
    --self->starting_;
    auto* const version = self->find(what->generation);
    if (version != nullptr && version->starting != 0) --version->starting;
    if (is_good)
        self->started(std::move(made));
    else if (has_failed)
        self->failed(what->generation, why, status);
    else
        self->reconcile();
}

/// Two processes cannot listen at one place: until the other one has finished its calls and gone, while new calls wait.
/// False when the start is not wanted any more. What cannot even be prepared costs the other one nothing.
asio::awaitable<bool> replica_set::make_way(std::shared_ptr<replica_set> self, std::uint64_t generation,
                                            std::shared_ptr<const launch> next) {
    if (auto* const version = self->find(generation)) version->has_one_place = next->has_one_place();
    if (!next->has_one_place()) co_return !self->stopped_;
    const auto in_the_way = [&next](const auto& one) { return next->shares_place_with(one->from()); };
    auto until = clock::now() + self->parts_.opts.start_timeout;  // for one that has finished its calls to go
    for (;;) {
        if (!self->may_start_at_one_place(generation)) co_return false;
        const auto all = self->replicas_;
        for (const auto& one : all)
            if (in_the_way(one)) self->retire(one, self->longest_call_of(*one));
        const bool is_free = std::none_of(self->alive_.begin(), self->alive_.end(), [&](const auto& weak) {
            const auto living = weak.lock();
            return living != nullptr && in_the_way(living);
        });
        if (is_free || clock::now() >= until) co_return true;
        const auto& leaving = self->leaving_;
        if (std::any_of(leaving.begin(), leaving.end(), in_the_way))
            until = clock::now() + self->parts_.opts.start_timeout;
        co_await pause(between_looks);
    }
}

bool replica_set::may_start_at_one_place(std::uint64_t generation) noexcept {
    const auto* const version = find(generation);
    if (stopped_ || version == nullptr || count_of(*version) + version->starting > 1) return false;
    return version == &newest_ ? !given_up_ : is_previous_needed();
}

void replica_set::note_alive(const std::shared_ptr<replica>& made) {
    std::erase_if(alive_, [](const auto& one) { return one.expired(); });
    alive_.push_back(made);
}

void replica_set::abandon() noexcept {
    stopped_ = true;
    retry_.cancel();
    for (const auto& one : alive_)
        if (const auto living = one.lock()) living->kill();
    replicas_.clear();
}

void replica_set::started(std::shared_ptr<replica> made) {
    made->on_end = [weak = weak_from_this(), which = made.get()] {
        if (const auto self = weak.lock()) self->lost(*which);
    };
    start_cpu_ += made->usage().cpu_time;
    const auto& what = made->from().what();
    const bool is_newer = previous_.what == nullptr || what.generation > previous_.what->generation;
    if (newest_.is(what.generation)) {
        newest_.was_ready = true;
        newest_.trouble.clear();
        previous_ = version_run();
    } else if (is_newer && !newest_.was_ready) {  // it was on its way when the newest came
        previous_ = version_run();
        previous_.what = std::make_shared<const functions::description>(what);
    }
    replicas_.push_back(std::move(made));
    reconcile();
    on_change_();
}

void replica_set::failed(std::uint64_t generation, const std::string& why, int status) {
    auto* const version = find(generation);
    if (stopped_ || version == nullptr) return reconcile();
    version->note_failure(why, status);
    const bool is_newest = version == &newest_;
    given_up_ = is_newest && newest_.has_one_place && previous_.what != nullptr;
    const std::string text = (is_newest ? "cannot start: " : "the version before cannot start: ") + why;
    parts_.note(name_.full() + ": " + text);
    parts_.logs.append(name_, parts_.id, text);
    reconcile();
    on_change_();
}

void replica_set::lost(const replica& which) {
    const auto found =
        std::find_if(replicas_.begin(), replicas_.end(), [&](const auto& one) { return one.get() == &which; });
    if (found == replicas_.end()) return;
    const auto gone = std::move(*found);
    replicas_.erase(found);
    if (auto* const version = find(gone->generation())) version->note_end(gone->trouble());
    parts_.note(name_.full() + ": " + gone->instance() + ": " + gone->trouble());
    parts_.logs.append(name_, gone->instance(), gone->trouble());
    let_end(gone, clock::now());
    reconcile();
    on_change_();
}

/// How long calls of a replica may go on that is to end because another number or version is wanted.
std::chrono::nanoseconds replica_set::longest_call_of(const replica& which) const {
    const auto said = which.from().settings().exec_timeout;
    const std::chrono::nanoseconds least = parts_.opts.stop_grace;
    return said.count() == 0 ? std::chrono::nanoseconds(longest_call) : std::max(said, least);
}

void replica_set::retire(std::shared_ptr<replica> which, std::chrono::nanoseconds patience) {
    std::erase(replicas_, which);
    which->on_end = nullptr;
    let_end(std::move(which), clock::now() + patience);
    on_change_();
}

void replica_set::let_end(std::shared_ptr<replica> which, clock::time_point until) {
    ++retiring_;
    leaving_.push_back(which);
    asio::co_spawn(parts_.connection.executor(), run_retire(shared_from_this(), std::move(which), until),
                   [](const std::exception_ptr&) {});
}

asio::awaitable<void> replica_set::run_retire(std::shared_ptr<replica_set> self, std::shared_ptr<replica> which,
                                              clock::time_point until) {
    try {
        while (which->in_flight() != 0 && which->trouble().empty() && clock::now() < std::min(until, self->stop_by_))
            co_await pause(between_looks);
        which->let_go();
        while (which->drains() && clock::now() < std::min(until, self->stop_by_)) co_await pause(between_looks);
        self->past_cpu_ += which->usage().cpu_time;
        std::erase(self->leaving_, which);
        co_await which->stop();
    } catch (...) {
        self->parts_.note(self->name_.full() + ": cannot stop: " + reason_of(std::current_exception()));
    }
    std::erase(self->leaving_, which);
    --self->retiring_;
}

asio::awaitable<void> replica_set::stop(std::chrono::nanoseconds patience) {
    stopped_ = true;
    stop_by_ = clock::now() + patience;
    retry_.cancel();
    const auto all = replicas_;
    for (const auto& one : all) retire(one, patience);
    const auto self = shared_from_this();
    while (starting_ != 0 || retiring_ != 0) co_await pause(between_looks);
}

std::shared_ptr<replica> replica_set::newest() const noexcept {
    const auto found = std::max_element(replicas_.begin(), replicas_.end(),
                                        [](const auto& a, const auto& b) { return a->generation() < b->generation(); });
    return found == replicas_.end() ? nullptr : *found;
}

std::shared_ptr<replica> replica_set::choose() const noexcept {
    auto best = newest();
    if (best == nullptr || serves_itself(*best)) return best;  // whoever it is passes a call on to all that serve
    const auto rank = [](const replica& one) { return std::tuple(!has_room(one), one.in_flight(), ~one.generation()); };
    for (const auto& one : replicas_)
        if (!serves_itself(*one) && rank(*one) < rank(*best)) best = one;
    return best;
}

bool replica_set::has_one_place() const noexcept {
    const auto one = newest();
    return one != nullptr ? one->from().has_one_place() : newest_.has_one_place;
}

std::uint32_t replica_set::ready() const noexcept { return static_cast<std::uint32_t>(replicas_.size()); }

std::uint64_t replica_set::ready_generation() const noexcept {
    const auto one = newest();
    return one != nullptr ? one->generation() : 0;
}

replica_usage replica_set::usage() const {
    replica_usage sum;
    sum.cpu_time = past_cpu_;
    for (const auto* const those : {&replicas_, &leaving_}) {
        for (const auto& one : *those) {
            const auto used = one->usage();
            sum.memory += used.memory;
            sum.cpu_time += used.cpu_time;
            if (sum.limits.empty() || used.limits == "rlimits") sum.limits = used.limits;  // the weakest
        }
    }
    return sum;
}

}  // namespace mote::node::detail
