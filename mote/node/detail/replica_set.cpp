#include <mote/node/detail/replica_set.hpp>

#include <mote/functions/error.hpp>
#include <mote/http/status.hpp>
#include <mote/nats/plain_reason.hpp>
#include <mote/node/detail/pause.hpp>
#include <mote/node/error.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr auto first_back_off = std::chrono::milliseconds(200);
constexpr auto longest_back_off = std::chrono::seconds(30);
/// A replica that lived so long did not fail to start.
constexpr auto long_life = std::chrono::seconds(10);
constexpr auto between_looks = std::chrono::milliseconds(20);
/// For the calls of a replica that has no `exec_timeout`: their callers wait less.
constexpr auto longest_call = std::chrono::hours(1);

clock::duration back_off(unsigned failures) {
    clock::duration wait = first_back_off;
    for (unsigned i = 1; i < failures && wait < longest_back_off; ++i) wait *= 2;
    return std::min<clock::duration>(wait, longest_back_off);
}

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
    } catch (const std::exception& error) {
        return nats::plain_reason(error.what());
    } catch (...) {
        return "something that is no std::exception";
    }
}

}  // namespace

replica_set::replica_set(node_parts& parts, functions::function_name name, std::function<void()> on_change)
    : keep_(parts.shared_from_this()),
      parts_(parts),
      name_(std::move(name)),
      on_change_(std::move(on_change)),
      retry_(parts.connection.executor()) {}

void replica_set::want(std::shared_ptr<const functions::description> what, std::uint32_t count) {
    if (what_ != nullptr && what->generation != what_->generation) {
        failures_ = 0;  // another deployment may mend it
        trouble_.clear();
        starting_now_ = 0;
        try_newest_again();
    }
    what_ = std::move(what);
    count_ = count;
    reconcile();
}

/// Of what did not start, and that which served before runs instead.
void replica_set::try_newest_again() noexcept {
    if (instead_ == nullptr) return;
    before_ = std::exchange(instead_, nullptr);
    starting_now_ = 0;
}

std::uint32_t replica_set::count_of_target() const noexcept {
    const auto is_one = [this](const auto& one) { return is_target(one->generation()); };
    return static_cast<std::uint32_t>(std::count_if(replicas_.begin(), replicas_.end(), is_one));
}

void replica_set::reconcile() {
    if (stopped_ || what_ == nullptr) return;
    if (count_ == 0) try_newest_again();
    const auto of_now = count_of_target();
    const auto all = replicas_;
    for (const auto& one : all)
        if (!is_target(one->generation()) && (count_ == 0 || of_now != 0)) retire(one, longest_call_of(*one));
    for (auto surplus = of_now; surplus > wanted(); --surplus) {
        const auto least = std::min_element(replicas_.begin(), replicas_.end(), [](const auto& a, const auto& b) {
            return a->in_flight() < b->in_flight();
        });
        retire(*least, longest_call_of(**least));
    }
    if (instead_ == nullptr && of_now >= wanted()) {  // what did not start is not wanted any more
        trouble_.clear();
        next_try_ = clock::time_point();
    }
    if (failures_ != 0 && clock::now() < next_try_) return wait_for_next_try();
    for (auto there = of_now + starting_now_; there < wanted(); ++there) start_one();
}

void replica_set::wait_for_next_try() {
    retry_.expires_at(next_try_);
    retry_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        const auto self = weak.lock();
        if (!cancelled && self != nullptr) self->reconcile();
    });
}

void replica_set::start_one() {
    ++starting_;
    ++starting_now_;
    last_start_ = clock::now();
    auto instance = parts_.id + '-' + name_.space + '-' + name_.name + '-' + std::to_string(++parts_.instances);
    asio::co_spawn(parts_.connection.executor(), run_start(shared_from_this(), target(), std::move(instance)),
                   [](const std::exception_ptr&) {});
}

asio::awaitable<void> replica_set::run_start(std::shared_ptr<replica_set> self,
                                             std::shared_ptr<const functions::description> what, std::string instance) {
    std::shared_ptr<replica> made;
    std::exception_ptr thrown;
    try {
        std::shared_ptr<const launch> prepared = co_await launch::prepare(self->parts_, *what);
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
    if (self->is_target(what->generation) && self->starting_now_ != 0) --self->starting_now_;
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
    if (self->is_target(generation)) self->has_one_place_ = next->has_one_place();
    if (!next->has_one_place()) co_return !self->stopped_;
    const auto in_the_way = [&next](const auto& one) { return next->shares_place_with(one->from()); };
    auto until = clock::now() + self->parts_.opts.start_timeout;  // for one that has finished its calls to go
    for (;;) {
        const bool is_surplus = self->count_of_target() + self->starting_now_ > 1;
        if (self->stopped_ || !self->is_target(generation) || is_surplus) co_return false;
        const auto all = self->replicas_;
        for (const auto& one : all) {
            if (!in_the_way(one)) continue;
            if (self->instead_ == nullptr)
                self->before_ = std::make_shared<const functions::description>(one->from().what());
            self->retire(one, self->longest_call_of(*one));
        }
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
    const auto generation = made->generation();
    replicas_.push_back(std::move(made));
    if (generation == what_->generation) {
        trouble_.clear();
        before_.reset();
    }
    reconcile();
    on_change_();
}

void replica_set::failed(std::uint64_t generation, const std::string& why, int status) {
    if (stopped_ || !is_target(generation)) return reconcile();
    trouble_ = why;
    trouble_status_ = status;
    next_try_ = clock::now() + back_off(++failures_);
    parts_.note(name_.full() + ": cannot start: " + why);
    parts_.logs.append(name_, parts_.id, "cannot start: " + why);
    const bool was_before = instead_ != nullptr;
    instead_ = std::exchange(before_, nullptr);
    if (was_before) instead_.reset();
    if (instead_ != nullptr) {
        next_try_ = clock::now();
        parts_.logs.append(name_, parts_.id, "the version before is started again");
    }
    reconcile();
    on_change_();
}

void replica_set::lost(const replica& which) {
    const auto found =
        std::find_if(replicas_.begin(), replicas_.end(), [&](const auto& one) { return one.get() == &which; });
    if (found == replicas_.end()) return;
    const auto gone = std::move(*found);
    replicas_.erase(found);
    if (instead_ == nullptr) {  // else it says why the newest does not run
        trouble_ = gone->trouble();
        trouble_status_ = http::status::service_unavailable;
    }
    failures_ = clock::now() - last_start_ > long_life ? 1 : failures_ + 1;
    next_try_ = clock::now() + (failures_ == 1 ? clock::duration::zero() : back_off(failures_ - 1));
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

std::shared_ptr<replica> replica_set::choose() const noexcept {
    std::shared_ptr<replica> best;
    for (const auto& one : replicas_) {
        const bool better = best == nullptr || one->generation() > best->generation() ||
                            (one->generation() == best->generation() && one->in_flight() < best->in_flight());
        if (better) best = one;
    }
    return best;
}

std::uint32_t replica_set::ready() const noexcept { return static_cast<std::uint32_t>(replicas_.size()); }

std::uint64_t replica_set::ready_generation() const noexcept {
    std::uint64_t newest = 0;
    for (const auto& one : replicas_) newest = std::max(newest, one->generation());
    return newest;
}

replica_usage replica_set::usage() const {
    replica_usage sum;
    sum.cpu_time = past_cpu_;
    for (const auto* const those : {&replicas_, &leaving_}) {
        for (const auto& one : *those) {
            const auto used = one->usage();
            sum.memory += used.memory;
            sum.cpu_time += used.cpu_time;
        }
    }
    return sum;
}

}  // namespace mote::node::detail
