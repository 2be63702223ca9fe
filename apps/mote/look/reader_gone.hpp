#pragma once

namespace mote::command {

/// Whether nobody reads standard output any more (`mote events | head -1`): what goes on for ever ends then.
bool reader_gone() noexcept;

}  // namespace mote::command
