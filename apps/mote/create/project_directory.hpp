#pragma once

#include <apps/mote/create/render.hpp>

#include <filesystem>

namespace mote::command {

/// Writes the files into a directory that is not there, or empty. All or nothing: when it throws, what it made is gone again; a
/// signal waits until it is done. Throws `failure` (error) for a directory that is not empty, and for what cannot be written.
void write_project(const std::filesystem::path& directory, const project_files& files);

}  // namespace mote::command
