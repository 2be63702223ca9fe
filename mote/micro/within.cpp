#include <mote/micro/within.hpp>

#include <mote/micro/detail/call_notes.hpp>
#include <mote/micro/detail/callers.hpp>
#include <mote/micro/trace_context.hpp>

#include <algorithm>
#include <utility>

namespace mote::micro {
namespace {

template <class Call, class Options>
Options part_of(const Call& call, Options opts) {
    if (const auto due = call.deadline()) opts.deadline = opts.deadline ? std::min(*opts.deadline, *due) : *due;
    const auto& caller = detail::call_notes::service_of(call);
    if (!caller.empty() && !opts.headers.get(detail::caller_header)) opts.headers.add(detail::caller_header, caller);
    if (opts.headers.get(traceparent_header)) return opts;
    if (const auto trace = trace_of(call)) inject(opts.headers, *trace);
    return opts;
}

}  // namespace

call_options within(const request& req, call_options opts) { return part_of(req, std::move(opts)); }
call_options within(const event& seen, call_options opts) { return part_of(seen, std::move(opts)); }
gather_options within(const request& req, gather_options opts) { return part_of(req, std::move(opts)); }
gather_options within(const event& seen, gather_options opts) { return part_of(seen, std::move(opts)); }

}  // namespace mote::micro
