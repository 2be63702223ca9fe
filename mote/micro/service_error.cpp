#include <mote/micro/service_error.hpp>

#include <utility>

namespace mote::micro {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "mote.micro"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::service_error: return "service error";
            case errc::bad_name: return "a name is made of letters, digits, dashes and underscores";
            case errc::bad_version: return "not a semantic version";
            case errc::bad_subject: return "invalid endpoint subject";
            case errc::bad_queue_group: return "invalid queue group";
            case errc::bad_metadata: return "invalid metadata, description or schema";
            case errc::bad_reply: return "invalid service reply";
            case errc::stopped: return "the service is stopped";
            case errc::drain_timeout: return "requests were still in flight";
            case errc::bad_middleware: return "invalid middleware";
            case errc::unknown_endpoint: return "no such endpoint";
            case errc::queue_taken: return "two work endpoints of a service need streams or names of their own";
            case errc::bad_handler: return "the handler is empty: there is nothing to call";
            case errc::not_found: return "service not found";
            case errc::no_matching_version: return "no instance has a matching version";
            case errc::not_addressable: return "the instance cannot be asked by itself";
            case errc::needs_subject: return "the endpoint's subject has wildcards";
            case errc::bad_version_range: return "not a range of versions";
            case errc::bad_call: return "the options of the call contradict each other";
            case errc::undecodable_reply: return "the reply is not of the type asked for";
            case errc::not_awaited: return "not awaited";
            case errc::incomplete_stream: return "items of the stream were lost";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& micro_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), micro_category()}; }

void throw_error(errc code, std::string_view detail) {
    if (detail.empty()) throw boost::system::system_error(code);
    throw boost::system::system_error(code, std::string(detail));
}

service_error::service_error(int status, std::string description, std::string data)
    : boost::system::system_error(errc::service_error, std::to_string(status) + " " + description),
      status_(status),
      description_(std::move(description)),
      data_(std::move(data)) {}

}  // namespace mote::micro
