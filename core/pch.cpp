// Carries the precompiled header of core (pch.hpp).
