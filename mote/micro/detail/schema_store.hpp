#pragma once

#include <mote/micro/detail/handler_form.hpp>
#include <mote/micro/info.hpp>

#include <map>
#include <string>
#include <string_view>

namespace mote::micro::detail {

/// The name of the endpoint that serves schemas which are too large for metadata.
inline constexpr std::string_view schema_endpoint = "mote-schema";

/// The JSON Schemas of a service's typed endpoints, and how metadata tells of them (docs/protocol.md):
///
///     mote.request.type         the media type of what a typed endpoint takes
///     mote.request.schema       the schema, up to 4 KiB
///     mote.request.schema.ref   "<subject> <payload>": what to ask for a larger one
///
/// and the same with `response`.
class schema_store {
public:
    schema_store(const std::string& service, const std::string& version)
        : subject_("mote.schema." + service + "." + version) {}

    /// Adds what the handler's types say to the endpoint's metadata. True when some of it has to be served from here. Throws
    /// `errc::bad_metadata` for what INFO cannot say, and has changed nothing then.
    bool describe(endpoint_info& info, const described_handler& handler);
    /// The schema that `<endpoint>/request` or `<endpoint>/response` names; null when there is none.
    const std::string* find(std::string_view name) const;
    const std::string& subject() const noexcept { return subject_; }

private:
    bool describe_side(endpoint_info& info, const std::string& side, const std::string& type,
                       const std::string& schema);

    std::string subject_;
    std::map<std::string, std::string, std::less<>> large_;
};

}  // namespace mote::micro::detail
