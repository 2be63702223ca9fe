#pragma once

#include <mote/micro/detail/handler_form.hpp>
#include <mote/micro/endpoint.hpp>
#include <mote/micro/info.hpp>

#include <string>
#include <string_view>

/// What a service and its endpoints are checked for before they are taken. `whose` is how errors name the thing, such as
/// `endpoint "create"`; each says besides which value is wrong, and why. Texts of INFO have to be UTF-8, as it is JSON.
namespace mote::micro::detail {

/// `endpoint "create"`. What is no text of one line is escaped, and what is long is cut.
std::string named(std::string_view kind, std::string_view name);

void require_name(const std::string& whose, std::string_view name);
void require_version(const std::string& whose, std::string_view version);
/// The whole one, with the prefixes of groups.
void require_subject(const std::string& whose, std::string_view subject);
/// The group that results below `parent`; empty: none.
std::string resolve_queue_group(const std::string& whose, const queue_group& own, const std::string& parent);
/// Keys that start with `mote.` say what the library knows.
void require_metadata(const std::string& whose, const metadata& values);
/// `what` is such as `description`; the error is `errc::bad_metadata`.
void require_text(const std::string& whose, const std::string& what, std::string_view text);
/// One JSON object, `true` or `false`; empty: there is none.
void require_schema(const std::string& whose, const std::string& what, std::string_view text);
void require_callable(const std::string& whose, const any_handler& handler);

}  // namespace mote::micro::detail
