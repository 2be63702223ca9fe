#include <mote/micro/call_watch.hpp>

#include <mote/micro/detail/call_notes.hpp>
#include <mote/micro/detail/error_headers.hpp>

#include <utility>

namespace mote::micro {

void at_end(request& req, std::function<void(const call_end&)> function) {
    if (auto* const notes = detail::call_notes::make(req)) notes->endings.push_back({std::move(function)});
}

void on_answer(request& req, std::function<void(std::string_view, const nats::headers&)> function) {
    if (auto* const notes = detail::call_notes::make(req)) notes->answer_watchers.push_back(std::move(function));
}

namespace detail {
namespace {

/// A watcher has nobody to report a failure to, and the call goes its way without it.
template <class Function, class... Arguments>
void call_quietly(const Function& function, const Arguments&... arguments) noexcept {
    try {
        function(arguments...);
    } catch (...) {
        return;
    }
}

}  // namespace

call_notes* call_notes::of(const request& req) noexcept {
    const auto* const record = req.call_.record();
    return record != nullptr ? record->notes.get() : nullptr;
}

call_notes* call_notes::make(request& req) {
    auto* const record = req.call_.record();
    if (record == nullptr) return nullptr;
    if (record->notes == nullptr) record->notes = std::make_shared<call_notes>();
    return record->notes.get();
}

void call_notes::answered(std::string_view payload, const nats::headers* headers) noexcept {
    static const nats::headers none;
    const auto& sent = headers != nullptr ? *headers : none;
    if (sent.get(error_header) || sent.get(error_code_header)) return;
    for (const auto& function : answer_watchers) call_quietly(function, payload, sent);
}

void call_notes::end(int status, bool failed) noexcept {
    const auto now = std::chrono::steady_clock::now();
    // The one that was added last is the innermost.
    for (auto at = endings.rbegin(); at != endings.rend(); ++at)
        call_quietly(at->function, call_end{status, failed, streamed, now - at->started});
}

}  // namespace detail
}  // namespace mote::micro
