#include <mote/micro/middleware/tracing.hpp>

#include <mote/micro/call_watch.hpp>
#include <mote/micro/detail/call_notes.hpp>
#include <mote/micro/detail/otlp_environment.hpp>
#include <mote/micro/detail/otlp_exporter.hpp>
#include <mote/micro/detail/status.hpp>
#include <mote/micro/info.hpp>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace mote::micro {
namespace {

const std::string kind_key = "mote.kind";

bool answers(const endpoint_info& endpoint) {
    const auto kind = endpoint.metadata.find(kind_key);
    return kind == endpoint.metadata.end();
}

void describe_message(span& made, const request& req) {
    const auto& endpoint = req.endpoint();
    made.attributes.emplace_back("messaging.system", "nats");
    made.attributes.emplace_back("messaging.destination.name", std::string(req.subject()));
    if (endpoint.subject != req.subject())
        made.attributes.emplace_back("messaging.destination.template", endpoint.subject);
    if (!endpoint.queue_group.empty())
        made.attributes.emplace_back("messaging.consumer.group.name", endpoint.queue_group);
    made.attributes.emplace_back("messaging.message.body.size", static_cast<std::int64_t>(req.data().size()));
}

/// By the conventions of OpenTelemetry 1.45: a request is a remote procedure call, an event is a message.
void describe(span& made, const std::string& service_name, const request& req) {
    const auto& endpoint = req.endpoint();
    if (answers(endpoint)) {
        made.kind = span_kind::server;
        made.name = service_name + "/" + endpoint.name;
        made.attributes.emplace_back("rpc.system.name", "nats");
        made.attributes.emplace_back("rpc.method", made.name);
    } else {
        made.kind = span_kind::consumer;
        made.name = "process " + endpoint.subject;
        made.attributes.emplace_back("messaging.operation.name", "process");
        made.attributes.emplace_back("messaging.operation.type", "process");
    }
    describe_message(made, req);
}

void describe_end(span& made, const call_end& ended) {
    made.took = ended.took;
    const auto status = std::to_string(ended.status);
    if (ended.status != 0 && made.kind == span_kind::server)
        made.attributes.emplace_back("rpc.response.status_code", status);
    // What the caller did wrong is not a failure of this side.
    made.failed =
        ended.status >= detail::status::internal_server_error || (made.kind == span_kind::consumer && ended.failed);
    if (made.failed || ended.status == detail::status::caller_gone) made.attributes.emplace_back("error.type", status);
}

/// The new span of a request, as far as its trace goes.
span open_span(request& req, detail::call_notes& notes) {
    const auto parent = trace_of(req);
    span made;
    made.context = parent ? parent->child() : trace_context::root();
    if (parent) made.parent = parent->span_id;
    made.remote_parent = parent && !notes.trace;
    notes.trace = made.context;
    return made;
}

}  // namespace

middleware tracing(std::string service_name, span_sink sink) {
    if (!sink) throw std::invalid_argument("tracing needs a sink");
    const auto kept = std::make_shared<const span_sink>(std::move(sink));
    return before([service_name = std::move(service_name), kept](request& req) {
        auto* const notes = detail::call_notes::make(req);
        if (notes == nullptr) return;
        auto made = open_span(req, *notes);
        if (!made.context.sampled) return;
        made.started = std::chrono::system_clock::now();
        describe(made, service_name, req);
        at_end(req, [kept, made = std::move(made)](const call_end& ended) mutable {
            describe_end(made, ended);
            (*kept)(std::move(made));
        });
    });
}

struct trace_exporter::state {
    std::string service_name;
    std::shared_ptr<detail::otlp_exporter> exporter;
};

std::optional<trace_exporter> trace_exporter::from_environment(boost::asio::any_io_executor executor,
                                                               std::string service_name) {
    const auto warn = [](const std::string& text) { std::fprintf(stderr, "traces: %s\n", text.c_str()); };
    const auto variable = [](const char* name) { return std::getenv(name); };
    std::string problem;
    auto settings = detail::otlp_settings_from(variable, service_name, problem);
    if (!problem.empty()) warn(problem);
    if (!settings) return std::nullopt;
    settings->warn = warn;
    auto made = std::make_shared<state>();
    made->service_name = std::move(service_name);
    made->exporter = std::make_shared<detail::otlp_exporter>(std::move(executor), std::move(*settings));
    return trace_exporter(std::move(made));
}

middleware trace_exporter::middleware() const { return tracing(state_->service_name, sink()); }

span_sink trace_exporter::sink() const {
    return [exporter = state_->exporter](span ended) { exporter->add(std::move(ended)); };
}

boost::asio::awaitable<void> trace_exporter::flush(std::chrono::nanoseconds timeout) const {
    return detail::otlp_exporter::flush(state_->exporter, timeout);
}

std::uint64_t trace_exporter::dropped() const noexcept { return state_->exporter->dropped(); }

std::optional<middleware> tracing_from_environment(boost::asio::any_io_executor executor, std::string service_name) {
    const auto exporter = trace_exporter::from_environment(std::move(executor), std::move(service_name));
    return exporter ? std::optional(exporter->middleware()) : std::nullopt;
}

}  // namespace mote::micro
