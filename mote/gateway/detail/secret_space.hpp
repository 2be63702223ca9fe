#pragma once

#include <mote/functions/function_store.hpp>
#include <mote/functions/secret_store.hpp>

#include <boost/asio/awaitable.hpp>
#include <string>

namespace mote::gateway::detail {

// Secrets and namespaces are in buckets of their own, and others change them meanwhile: who has written looks again. Whoever of
// two comes last sees what the other one wrote, so that no secret is left for who makes a namespace of that name later.

/// Behind the creation of a secret. Takes it back and throws `http::status_error` 400 when its namespace has been removed
/// meanwhile.
boost::asio::awaitable<void> check_space_of(const functions::function_store& store,
                                            const functions::secret_store& secrets, functions::secret_name name);

/// Throws `http::status_error` 409 when there are secrets in the namespace.
boost::asio::awaitable<void> check_no_secrets(const functions::secret_store& secrets, std::string space);

/// Behind the removal of a namespace without secrets. Makes it again, `as_it_was`, and throws as `check_no_secrets` when a secret
/// came meanwhile.
boost::asio::awaitable<void> check_still_no_secrets(const functions::function_store& store,
                                                    const functions::secret_store& secrets,
                                                    functions::function_namespace as_it_was);

}  // namespace mote::gateway::detail
