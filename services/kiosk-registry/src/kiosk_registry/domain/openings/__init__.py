"""Opening a centre: from the application to the day it trades."""
