"""For those who teach with the course: questions with drawn numbers, and exams made of them."""
