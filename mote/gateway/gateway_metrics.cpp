#include <mote/gateway/gateway_metrics.hpp>

#include <mote/gateway/detail/metrics_state.hpp>
#include <mote/gateway/detail/system_routes.hpp>

#include <algorithm>
#include <utility>

namespace mote::gateway {
namespace {

/// What functions and namespaces may be called, and the dot between.
bool is_full_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 128 && text.find('.') != std::string_view::npos &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '_' || c == '.';
           });
}

}  // namespace

invocation::invocation(function_handle of, clock::time_point now) noexcept : of_(std::move(of)), began_(now) {
    if (of_) of_->began();
}

invocation::~invocation() { finished(abandoned); }

void invocation::finished(int status, clock::time_point now) noexcept {
    if (!of_) return;
    of_->answers().add(status, now - began_);
    of_.reset();
}

gateway_metrics::gateway_metrics(std::size_t max_functions) : state_(std::make_unique<detail::metrics_state>()) {
    state_->max_functions = max_functions;
}

gateway_metrics::~gateway_metrics() = default;

function_handle gateway_metrics::add(std::string_view full_name) {
    if (!is_full_name(full_name)) return state_->others;
    const std::scoped_lock held(state_->lock);
    const auto found = state_->functions.find(full_name);
    if (found != state_->functions.end()) return found->second.series;
    if (state_->functions.size() >= state_->max_functions) return state_->others;
    auto series = std::make_shared<detail::function_series>(std::string(full_name));
    state_->functions.emplace(std::string(full_name), detail::metrics_state::known{series});
    return series;
}

function_handle gateway_metrics::find(std::string_view full_name) const {
    const std::scoped_lock held(state_->lock);
    const auto found = state_->functions.find(full_name);
    return found == state_->functions.end() ? nullptr : found->second.series;
}

void gateway_metrics::remove(std::string_view full_name) {
    const std::scoped_lock held(state_->lock);
    const auto found = state_->functions.find(full_name);
    if (found != state_->functions.end()) state_->functions.erase(found);
}

void gateway_metrics::set(std::string_view full_name, function_gauges gauges) {
    const std::scoped_lock held(state_->lock);
    const auto found = state_->functions.find(full_name);
    if (found != state_->functions.end()) found->second.gauges = std::move(gauges);
}

std::uint64_t gateway_metrics::invocations(std::string_view full_name) const {
    const auto series = find(full_name);
    return series ? series->answers().total() : 0;
}

std::size_t gateway_metrics::functions() const {
    const std::scoped_lock held(state_->lock);
    return state_->functions.size();
}

void gateway_metrics::answered(std::string_view method, std::string_view path, int status,
                               std::chrono::nanoseconds took) {
    constexpr auto last = detail::counted_methods.end() - 1;
    const auto found = std::find(detail::counted_methods.begin(), last, method);
    state_->system[static_cast<std::size_t>(found - detail::counted_methods.begin())].add(status, took);
    const detail::provider_key key(*found, detail::label_of_path(path));
    const std::scoped_lock held(state_->lock);
    state_->provider[key].add(status, took);
}

void gateway_metrics::refused(int status) {
    const std::scoped_lock held(state_->lock);
    ++state_->refused[status];
}

std::string gateway_metrics::text(const scrape_numbers& more) const { return detail::prometheus_text(*state_, more); }

}  // namespace mote::gateway
