#pragma once

#include <mote/micro/info.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::micro {

/// What a document says beside what the services say of themselves.
struct openapi_options {
    std::string title{};                 ///< empty: the name of the only service, else `NATS services`
    std::string description{};           ///< empty: that of the only service
    std::string version{};               ///< of the API; empty: that of the only service, else `1`
    std::vector<std::string> servers{};  ///< addresses of the gateway, such as `https://api.example.org`; empty: none
    /// What the gateway answers itself, told of a method in upper case and a path: a route to it is left out. Empty: nothing.
    std::function<bool(std::string_view method, std::string_view path)> taken{};
};

struct openapi_document {
    std::string text{};                   ///< JSON without spaces; always UTF-8
    std::vector<std::string> warnings{};  ///< one line for each thing that was left out, and why
};

/// An OpenAPI 3.1 document of what services offer, as a gateway makes it HTTP (docs/protocol.md, "Over HTTP"):
///
/// - Each endpoint is `POST /service/<service>/<endpoint>`, and what its metadata `http.route` says, such as
///   `GET /hn/top/{n}`. Without a body its members are parameters in path and query. An endpoint whose subject has
///   wildcards is left out.
/// - What a typed endpoint takes and gives is there with its media type and its schema (docs/protocol.md). Definitions
///   are `components/schemas`; those that several schemas share, word for word, are there once. Others are any bytes.
/// - Events and work answer 202, a stream of JSON values is `application/x-ndjson`, and an error is a line of text.
/// - Instances of one name are one service. Of an endpoint that several of them have the newest version counts, among
///   equals the first; one that only an older version has is there, too.
///
///     auto found = co_await mote::micro::fetch_schemas(connection, services);   // those that are served elsewhere
///     std::cout << mote::micro::openapi(found.services).text;
///
/// Whatever foreign metadata says, it throws nothing but `std::bad_alloc`: a schema that is no JSON Schema of draft
/// 2020-12, is larger than 1 MiB, has more than 500 definitions, refers to other documents or to itself without end is
/// left out, and so is a name or a route that cannot be. A pure function; any thread.
openapi_document openapi(std::span<const service_info> services, const openapi_options& options = openapi_options());

}  // namespace mote::micro
