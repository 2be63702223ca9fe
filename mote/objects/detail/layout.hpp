#pragma once

#include <string>
#include <string_view>

/// Where a store keeps its objects (ADR-20): the names of its stream and subjects, and what names may be.
namespace mote::objects::detail {

/// Throws `errc::bad_store` unless it is letters, digits, `-` and `_`, and fits into the name of a stream.
void check_store(std::string_view store);
/// Throws `errc::bad_name` for an empty name, one that is not UTF-8, or one that does not fit into a subject.
void check_name(std::string_view name);
/// True for text that others can read as JSON.
bool is_utf8(std::string_view text) noexcept;
/// True for one literal token of a subject: a stored `nuid` must not name other objects' chunks.
bool is_subject_token(std::string_view text) noexcept;

std::string stream_name(std::string_view store);
std::string all_chunks(std::string_view store);                        ///< `$O.<store>.C.>`
std::string chunks_of(std::string_view store, std::string_view nuid);  ///< `$O.<store>.C.<nuid>`
std::string all_infos(std::string_view store);                         ///< `$O.<store>.M.>`
std::string info_of(std::string_view store, std::string_view name);    ///< `$O.<store>.M.<base64url(name)>`

}  // namespace mote::objects::detail
