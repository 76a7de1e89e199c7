"""Before anything is activated: can it be read, by everybody it is meant for, and may everybody read it?"""
